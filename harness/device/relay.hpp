#pragma once

#include <optional>
#include <string>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// `closed` lets current through, as an outlet that is switched on does.
enum class Contact { open, closed };

/// Something with switched channels: a relay board, an outlet strip, a GPIO line. Channels count from 1, as they are
/// printed on most boards. What a channel does to a DUT is the bench's to know: PowerSwitch is built over it.
class Relay {
 public:
  virtual ~Relay() = default;

  /// Switches one channel once; returns when the device has taken the command. It neither reads back nor tries again:
  /// that is done once, for all relays, by whoever stands on this.
  /// Faults: `refused` (no such channel, or the device says no), `io`, `lost` (the device is gone), `protocol` (an
  /// answer that its protocol does not allow), `timeout`, `stopped`.
  virtual Result<void> set(int channel, Contact wanted, const Until& until) = 0;

  /// What the device says of one channel; empty where it cannot be asked. Faults as set().
  virtual Result<std::optional<Contact>> read(int channel, const Until& until) = 0;

  /// Which device it is, for people and for the record: "USB HID relay BITFT, 2 channels, at usb 1-4.2".
  [[nodiscard]] virtual std::string description() const = 0;

  /// The most it takes from taking a command until its contacts have moved.
  [[nodiscard]] virtual Nanos delay() const { return Nanos(0); }
};

}  // namespace coldboot
