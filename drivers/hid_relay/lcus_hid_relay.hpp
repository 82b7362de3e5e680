#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "harness/device/relay.hpp"
#include "harness/io/usb.hpp"

namespace coldboot {

/// USB ids of the boards, which have neither names nor numbers of their own.
inline constexpr std::string_view lcus_hid_relay_usb_id = "5131:2007";

using LcusHidCommand = std::array<std::uint8_t, 4>;

/// Start, channel from 1, 1 closes or 0 opens, sum of the three before. Source: README.md, "The look-alike".
LcusHidCommand lcus_hid_command(int channel, Contact wanted);

struct LcusHidRelayConfig {
  std::string where;  ///< bench path shown in faults: "apu2-07/power"
  std::string port;   ///< where it is plugged in: it has neither names nor numbers
  int channels = 1;
};

/// The HID boards with the USB ids 5131:2007. They cannot be asked for their state.
class LcusHidRelay final : public Relay {
 public:
  /// Faults: `missing` (nothing is plugged in there), `refused` (something else is, no right to it), and those of
  /// UsbDevice.
  static Result<std::unique_ptr<LcusHidRelay>> open(std::unique_ptr<UsbBus> bus, LcusHidRelayConfig config);

  Result<void> set(int channel, Contact wanted, const Until& until) override;
  Result<std::optional<Contact>> read(int channel, const Until& until) override;
  [[nodiscard]] std::string description() const override;
  [[nodiscard]] Nanos delay() const override;

 private:
  LcusHidRelay(std::unique_ptr<UsbBus> bus, LcusHidRelayConfig config)
      : bus_(std::move(bus)), config_(std::move(config)) {}
  Result<void> connect();
  Result<void> send(const LcusHidCommand& command, const Until& until);
  void take_answer(const Until& until);
  [[nodiscard]] Fault seen_from_here(const Fault& fault) const;

  std::unique_ptr<UsbBus> bus_;
  LcusHidRelayConfig config_;
  std::unique_ptr<UsbDevice> device_;  // null: to be found again
  UsbInterruptEndpoints endpoints_;
  bool was_here_ = false;
};

}  // namespace coldboot
