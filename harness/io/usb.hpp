#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// A USB device as it stands on the bus, known without opening it.
struct UsbDeviceInfo {
  std::uint16_t vendor = 0;
  std::uint16_t product = 0;
  std::uint16_t release = 0;  ///< bcdDevice
  std::uint16_t version = 0;  ///< bcdUSB: 0x0200, 0x0300
  std::uint8_t device_class = 0;
  std::string port;  ///< where it is plugged in: "1-4.2"; "usb1" for the root hub of bus 1
  int address = 0;   ///< changes with every plug

  /// "16c0:05df"
  [[nodiscard]] std::string id() const;
};

/// First eight bytes of a control transfer (USB 2.0 specification, 9.3); the length is that of the data.
struct UsbSetup {
  std::uint8_t request_type = 0;
  std::uint8_t request = 0;
  std::uint16_t value = 0;
  std::uint16_t index = 0;
};

/// Names of devices, as they tell them themselves; empty where they have none.
struct UsbStrings {
  std::string manufacturer;
  std::string product;
  std::string serial;
};

/// The interrupt endpoints of an interface, by their addresses; nothing where it has none.
struct UsbInterruptEndpoints {
  std::optional<std::uint8_t> to_device;
  std::optional<std::uint8_t> from_device;
};

/// An open USB device. Closing it, or dying, leaves the device as it is.
class UsbDevice {
 public:
  virtual ~UsbDevice() = default;

  /// Sends data with a control transfer. Faults: `lost` (it is gone), `refused` (no right to it), `protocol` (it does
  /// not know the request), `io` (the transfer was disturbed), `timeout`, `stopped`.
  virtual Result<void> send(const UsbSetup& setup, std::span<const std::uint8_t> data, const Until& until) = 0;

  /// Asks for `length` bytes and returns those it gave, which may be fewer. Faults as send().
  virtual Result<std::vector<std::uint8_t>> receive(const UsbSetup& setup, std::size_t length, const Until& until) = 0;

  /// Sends data to a bulk or interrupt endpoint, whose interface was claimed.
  virtual Result<void> write(std::uint8_t endpoint, std::span<const std::uint8_t> data, const Until& until) = 0;

  /// Receives up to `length` bytes from a bulk or interrupt endpoint, whose interface was claimed.
  virtual Result<std::vector<std::uint8_t>> read(std::uint8_t endpoint, std::size_t length, const Until& until) = 0;

  /// Takes an interface for the endpoints below it; the system's driver is detached from it and not given it back.
  /// Faults: `busy`, `lost`, `refused`, `io`.
  virtual Result<void> claim(int interface) = 0;

  /// Takes the system's driver off an interface, or has the system look for one again. What is so already is no fault.
  /// Faults: `lost`, `refused`, `io`.
  virtual Result<void> detach_driver(int interface) = 0;
  virtual Result<void> attach_driver(int interface) = 0;

  /// Resets its port; it begins anew, maybe as another device, so this value is to be let go of. Faults as above.
  virtual Result<void> reset() = 0;

  /// Faults: `io` when the device has no such interface.
  virtual Result<UsbInterruptEndpoints> interrupt_endpoints(int interface) = 0;

  /// The device's names. What cannot be read is left empty.
  virtual Result<UsbStrings> strings(const Until& until) = 0;
};

/// The USB devices of this machine. An interface, so that a driver can be tried on boards that are not on a bus.
class UsbBus {
 public:
  virtual ~UsbBus() = default;

  /// All devices there are now. Faults: `io`.
  virtual Result<std::vector<UsbDeviceInfo>> devices() = 0;

  /// Faults: `lost` (gone since), `refused` (no right to it, with the udev rule that gives it), `io`.
  virtual Result<std::unique_ptr<UsbDevice>> open(const UsbDeviceInfo& device) = 0;
};

/// The machine's own bus, through libusb. Faults of the bus itself carry `where`.
std::unique_ptr<UsbBus> system_usb_bus(std::string where);

}  // namespace coldboot
