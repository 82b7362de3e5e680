#pragma once

#include <memory>
#include <string>

#include "harness/bench/bench_file.hpp"
#include "harness/core/clock.hpp"
#include "harness/device/power_switch.hpp"
#include "harness/device/relay.hpp"

namespace coldboot {

/// Power for a DUT that stays off until its power button is pressed: `supply` gives power, and a channel of `button`
/// presses. Off is the supply off, which needs no button and always works.
class ButtonPower final : public PowerSwitch {
 public:
  ButtonPower(std::unique_ptr<PowerSwitch> supply, Relay& button, ButtonEntry entry, std::string where, Clock& clock);
  ~ButtonPower() override;
  ButtonPower(const ButtonPower&) = delete;
  ButtonPower& operator=(const ButtonPower&) = delete;

  /// Of `on`, the stamps are those of pressing: that is when the DUT begins. The button is released again whatever
  /// happens in between, also after a request to stop.
  /// Faults: those of the supply, of pressing, and of releasing, which says so.
  Result<PowerSwitched> set(Power wanted, const Until& until) override;

  /// Of the supply; whether the DUT runs, a button cannot tell.
  Result<std::optional<Power>> state(const Until& until) override;

 private:
  Result<void> hold(const Until& until);
  Result<void> check(Contact wanted, const Until& until);
  Result<void> release();

  std::unique_ptr<PowerSwitch> supply_;
  Relay& button_;
  ButtonEntry entry_;
  std::string where_;
  Clock& clock_;
  bool may_be_pressed_ = false;
};

}  // namespace coldboot
