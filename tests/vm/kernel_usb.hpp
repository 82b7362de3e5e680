#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/lab/usb_model.hpp"

namespace coldboot {

/// Emulated USB devices plugged into the kernel this process runs on: vhci_hcd asks over USB/IP, and a model answers.
/// The kernel's drivers bind to them, and programs see them where they see real ones. Needs root and the module, so it
/// is for a virtual machine.
class KernelUsb {
 public:
  KernelUsb();
  ~KernelUsb();
  KernelUsb(const KernelUsb&) = delete;
  KernelUsb& operator=(const KernelUsb&) = delete;

  /// Plugs a device, which must outlive this, into a port from 1 to 8. Returns when the kernel's drivers have its
  /// interface.
  void plug(UsbModel& model, int port);
  /// Pulls it out; returns when the kernel has noticed. It may have left by itself.
  void unplug(int port);
  /// Where a port is: "1-3".
  [[nodiscard]] static std::string place_of(int port);
  /// A device has something to say that it did not have when it was asked.
  void news(int port);

  class Plug;

 private:
  std::map<int, std::unique_ptr<Plug>> plugs_;
};

}  // namespace coldboot
