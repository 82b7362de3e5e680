#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "drivers/ftdi/ftdi_chip.hpp"
#include "harness/device/media_switch.hpp"
#include "harness/io/usb.hpp"

namespace coldboot {

/// Samsung's, written into the chip's memory; SD-MUX and USB-MUX have the same.
inline constexpr std::array<std::string_view, 1> sdwire_usb_ids = {"04e8:6001"};
inline constexpr const char* sdwire_product = "sd-wire";

struct SdWireConfig {
  std::string where;  ///< bench path shown in faults: "apu2-07/sd"
  std::string id;     ///< USB serial number, chosen when it was set up; empty: by `port`
  std::string port;   ///< where its FT200X is plugged in: "1-4.2"
};

/// An SDWire or SDWireC: an FT200X whose pin CBUS0 wires the card to the host or the DUT, and a card reader at the same
/// hub.
class SdWire final : public MediaSwitch {
 public:
  SdWire(std::unique_ptr<UsbBus> bus, SdWireConfig config) : bus_(std::move(bus)), config_(std::move(config)) {}

  /// Finds it and makes sure that it is one, before anything is switched. Faults: `missing`, `refused` (something else
  /// with these USB ids, several that fit, no right to it, not at a hub of its own), and those of UsbDevice.
  Result<void> connect(const Until& until);

  Result<void> turn(CardSide to, const Until& until) override;
  Result<std::optional<CardSide>> side(const Until& until) override;
  Result<CardReader> reader(const Until& until) override;
  [[nodiscard]] std::string description() const override;

 private:
  Result<UsbDeviceInfo> find(const Until& until);
  Result<void> put(CardSide to, const Until& until);
  [[nodiscard]] bool is_meant(const FtdiChip& chip) const;
  [[nodiscard]] std::string wanted() const;
  Fault lose(const Fault& fault);
  [[nodiscard]] Fault seen_from_here(const Fault& fault) const;

  std::unique_ptr<UsbBus> bus_;
  SdWireConfig config_;
  std::unique_ptr<UsbDevice> device_;  // null: to be found again
  std::string port_;                   // once it was found
};

}  // namespace coldboot
