#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "harness/core/result.hpp"
#include "harness/core/units.hpp"
#include "harness/device/relay.hpp"

namespace coldboot {

/// What one family of boards says on its serial line, as bytes; no line, no time. Answers are looked at as they grow:
/// each call gets all that was received so far.
class RelayDialect {
 public:
  virtual ~RelayDialect() = default;

  [[nodiscard]] virtual LineRate rate() const { return {.baud = 9600}; }
  [[nodiscard]] virtual bool can_be_read() const { return true; }

  /// Sent first, where a board has to be brought to listen; nothing for most.
  [[nodiscard]] virtual std::string wake() const { return {}; }
  [[nodiscard]] virtual bool is_awake(std::string_view /*answer*/) const { return true; }

  [[nodiscard]] virtual std::string set(int channel, Contact wanted) const = 0;
  /// Whether the answer to that set() is whole; most boards give none. Faults: `refused` (the board says no),
  /// `protocol`.
  [[nodiscard]] virtual Result<bool> is_taken(std::string_view /*answer*/, int /*channel*/, Contact /*wanted*/) const {
    return true;
  }

  [[nodiscard]] virtual std::string ask(int channel) const = 0;
  /// The contact, once the answer to ask() is whole. Faults: `protocol` for what no board of the family says.
  [[nodiscard]] virtual Result<std::optional<Contact>> contact(std::string_view answer, int channel) const = 0;
  /// How often to ask: some boards give their last answer but one.
  [[nodiscard]] virtual int times_to_ask() const { return 1; }
};

/// What LCUS boards report of their state, which differs from batch to batch: nothing, lines of text, or a byte for
/// each channel.
enum class LcusStatus { none, text, bytes };

/// How a Modbus board keeps its contacts: a coil each, as Waveshare's do, or a holding register each, whose high byte
/// is a command, as the "R4" boards do.
enum class ModbusStyle { coils, registers };

/// How a SCPI device names its contacts: as a route of a switch unit, or as the output of a supply.
enum class ScpiStyle { route, output };

// The dialects; README.md shows their frames and says whose they are.
std::unique_ptr<RelayDialect> lcus_dialect(int channels, LcusStatus status);
std::unique_ptr<RelayDialect> kmtronic_dialect(int channels);
/// `address` is the board's on its bus, `first` the coil or register of channel 1.
std::unique_ptr<RelayDialect> modbus_dialect(ModbusStyle style, int address, int first);
std::unique_ptr<RelayDialect> numato_dialect();
std::unique_ptr<RelayDialect> devantech_dialect();
/// `first` is what the device calls our channel 1: 101 is the first channel of its first card.
std::unique_ptr<RelayDialect> scpi_dialect(ScpiStyle style, int first);

}  // namespace coldboot
