#pragma once

#include <memory>
#include <string>

#include "harness/device/media_switch.hpp"
#include "harness/io/usb.hpp"
#include "harness/media/disks.hpp"

namespace coldboot {

/// A Realtek card reader's id, which many laptops have inside: an SDWire3 is named by its port and nothing else.
inline constexpr const char* sdwire3_usb_id = "0bda:0316";

struct SdWire3Config {
  std::string where;  ///< bench path shown in faults: "apu2-07/sd"
  std::string port;   ///< where it is plugged in: "1-4.2"
  Disks disks{};
};

/// An SDWire3 (gen2): a card reader that lets go of its card when the system's driver lets go of it. Nothing in it can
/// be asked where the card is; a disk with a card at its port says that it is here.
class SdWire3 final : public MediaSwitch {
 public:
  SdWire3(std::unique_ptr<UsbBus> bus, SdWire3Config config) : bus_(std::move(bus)), config_(std::move(config)) {}

  /// Fault: `missing` when no such reader is at the port.
  Result<void> connect(const Until& until);

  Result<void> turn(CardSide to, const Until& until) override;
  Result<std::optional<CardSide>> side(const Until& until) override;
  Result<CardReader> reader(const Until& until) override;
  [[nodiscard]] std::string description() const override;

 private:
  Result<std::unique_ptr<UsbDevice>> open();

  std::unique_ptr<UsbBus> bus_;
  SdWire3Config config_;
};

}  // namespace coldboot
