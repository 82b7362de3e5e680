#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "harness/bench/bench_file.hpp"
#include "harness/device/power_switch.hpp"
#include "harness/device/relay.hpp"

namespace coldboot {

/// A channel of a relay that has been opened.
struct Channel {
  Relay* relay = nullptr;
  int number = 1;
};

/// The DUT's power switch, and the one place that knows whether a programmer may drive the DUT's firmware chip: a board
/// that gets power while its chip's lines are driven, or lines that are driven into a board with power, destroy parts.
/// Whoever drives lines needs a Hold, a Hold is only given while the DUT has no power, and while there is one the DUT
/// gets none. Nobody has the switch itself.
class ChipInterlock final : public PowerSwitch {
 public:
  using Tell = std::function<void(EventBody)>;

  /// Leave to drive the chip's lines. A Hold that goes without let_go() stays in force: nobody knows of those lines
  /// that they are off.
  class Hold {
   public:
    Hold(Hold&& from) noexcept : interlock_(std::exchange(from.interlock_, nullptr)) {}
    Hold& operator=(Hold&&) = delete;
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() = default;

    /// The lines are known to be off: the DUT may have power.
    void let_go();

   private:
    friend class ChipInterlock;
    explicit Hold(ChipInterlock& interlock) : interlock_(&interlock) {}

    ChipInterlock* interlock_;
  };

  /// `where` names the power switch in faults. What is switched to bring a board into S5 is told.
  ChipInterlock(std::unique_ptr<PowerSwitch> power, std::string where, Clock& clock, Tell tell);

  /// Faults: the switch's own; `refused` when power is wanted while there is a Hold.
  Result<PowerSwitched> set(Power wanted, const Until& until) override;
  Result<std::optional<Power>> state(const Until& until) override;

  /// Faults: `refused` unless power was switched off through this and is known to be off, or when there is a Hold.
  Result<Hold> hold();

  /// The same with the board in S5: gives it its supply, which must be off, and holds its power button. Faults: also
  /// those of the switch and of the button; the supply is switched off again then.
  Result<Hold> hold_in_s5(const S5Entry& how, const Channel& button, const Until& until);

  /// As if there were a Hold: somebody who died may have left lines driven.
  Hold hold_for_the_dead();

  /// Whether a Hold is in force, be it one that went without let_go().
  [[nodiscard]] bool is_held();

  /// Since when power is known to be off; nothing where it may be on.
  [[nodiscard]] std::optional<Instant> off_since();

 private:
  Result<void> into_s5(const S5Entry& how, const Channel& button, const Until& until);
  Result<PowerSwitched> switch_it(Power wanted, const Until& until);

  std::unique_ptr<PowerSwitch> power_;
  const std::string where_;
  Clock& clock_;
  const Tell tell_;
  std::mutex switching_;  // held for as long as a switching takes; guards the next two
  std::optional<Instant> off_since_;
  bool is_held_ = false;
};

/// Closes a contact, waits, and opens it again whatever happens in between. Faults: the relay's; `protocol` where it
/// reads back otherwise; `stopped`; where it could not be opened, that.
Result<void> press(const Channel& contact, Nanos length, Clock& clock, const Until& until, const std::string& where);

}  // namespace coldboot
