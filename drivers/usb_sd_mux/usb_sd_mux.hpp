#pragma once

#include <filesystem>
#include <string>

#include "harness/device/media_switch.hpp"

namespace coldboot {

struct UsbSdMuxConfig {
  std::string where;                 ///< bench path shown in faults: "apu2-07/sd"
  std::string id;                    ///< its serial number: "00048.00643"
  std::string program = "usbsdmux";  ///< of the package of that name
  std::filesystem::path root = "/";  ///< above dev and sys; tests replace it
};

/// A USB-SD-Mux of Linux Automation (Pengutronix), switched by their own program, which knows its generations.
class UsbSdMux final : public MediaSwitch {
 public:
  explicit UsbSdMux(UsbSdMuxConfig config) : config_(std::move(config)) {}

  /// Faults: `missing` when it is not plugged in, or its udev rule is not installed.
  Result<void> connect(const Until& until);

  Result<void> turn(CardSide to, const Until& until) override;
  Result<std::optional<CardSide>> side(const Until& until) override;
  Result<CardReader> reader(const Until& until) override;
  [[nodiscard]] std::string description() const override;

 private:
  [[nodiscard]] std::filesystem::path node() const;
  Result<std::string> ask(const std::string& what, const Until& until) const;

  UsbSdMuxConfig config_;
};

}  // namespace coldboot
