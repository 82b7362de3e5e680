#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/core/result.hpp"
#include "harness/device/relay.hpp"

namespace coldboot {

// The one feature report of these boards, as bytes. Source: README.md, "Frames".

inline constexpr std::size_t hid_relay_report_bytes = 8;

using HidRelayCommand = std::array<std::uint8_t, hid_relay_report_bytes>;

/// The report that switches one channel, counted from 1.
HidRelayCommand hid_relay_command(int channel, Contact wanted);

/// What a board says of itself.
struct HidRelayReport {
  std::string id;       ///< five printable characters, set in the factory
  std::uint8_t on = 0;  ///< bit 0 is channel 1; set while its coil has current

  [[nodiscard]] Contact contact(int channel) const;
};

/// Reads the report. Faults: `protocol` for anything no board sends.
Result<HidRelayReport> parse_hid_relay_report(std::span<const std::uint8_t> bytes);

/// How many channels a board has, by its product string "USBRelay2". Nothing: it is another device with the same USB
/// ids, which must not be written to.
std::optional<int> hid_relay_channels(std::string_view product);

}  // namespace coldboot
