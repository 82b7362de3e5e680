#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// Whom a card behind a multiplexer is wired to.
enum class CardSide { host, dut, off };

[[nodiscard]] constexpr std::string_view name_of(CardSide side) {
  switch (side) {
    case CardSide::host: return "the host";
    case CardSide::dut: return "the DUT";
    case CardSide::off: return "nobody";
  }
  return "nobody";
}

/// Where on USB a multiplexer's own card reader is, so that no other disk is taken for the card.
struct CardReader {
  std::string port;  ///< of the reader itself: "1-4.1"; empty: it is somewhere else at `hub`
  std::string hub;   ///< the multiplexer's own hub: "1-4"
  std::string chip;  ///< port of what switches and is no reader: "1-4.2"
};

/// What wires a card to the host or to the DUT. The DUT has no power while a card is moved.
class MediaSwitch {
 public:
  virtual ~MediaSwitch() = default;

  /// Switches once and returns when the device has taken the command and, where it can be asked, says so too. The
  /// card's disk appears later. Faults: `refused` (a side it does not have, no right to it), `lost`, `io`, `protocol`
  /// (it reads back otherwise), `timeout`, `stopped`.
  virtual Result<void> turn(CardSide to, const Until& until) = 0;

  /// Where the card is now; empty where that cannot be asked. Faults as turn().
  virtual Result<std::optional<CardSide>> side(const Until& until) = 0;

  /// Faults: `lost`, `missing` when the device is not where it was.
  virtual Result<CardReader> reader(const Until& until) = 0;

  /// Which device it is, for people: "SDWire sdw-5 at usb 1-4.2".
  [[nodiscard]] virtual std::string description() const = 0;
};

}  // namespace coldboot
