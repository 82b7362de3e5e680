#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "harness/core/virtual_clock.hpp"
#include "harness/device/power_switch.hpp"

namespace coldboot {

/// What became of a switch of a DUT's power, and what is to go wrong with it. The switch itself is handed away.
struct ScriptedSupply {
  enum class Trouble { none, faulty, stays, unread };  ///< `stays`: reads back the state it had, `unread`: none

  std::deque<Trouble> at_set;                   ///< of the next calls
  std::optional<Power> power;                   ///< nothing: nobody has switched it yet
  std::vector<std::string>* journal = nullptr;  ///< "power on at 1500 ms"
};

class ScriptedPower final : public PowerSwitch {
 public:
  ScriptedPower(ScriptedSupply& supply, VirtualClock& clock) : supply_(supply), clock_(clock) {}

  Result<PowerSwitched> set(Power wanted, const Until&) override {
    using Trouble = ScriptedSupply::Trouble;
    Trouble trouble = Trouble::none;
    if (!supply_.at_set.empty()) {
      trouble = supply_.at_set.front();
      supply_.at_set.pop_front();
    }
    const Instant now = clock_.now();
    if (supply_.journal != nullptr) {
      supply_.journal->push_back(
          fmt::format("power {} at {} ms", name_of(wanted), now.time_since_epoch() / std::chrono::milliseconds(1)));
    }
    if (trouble == Trouble::faulty) return Fault(Cause::io, "apu/power", "no answer");
    if (trouble != Trouble::stays) supply_.power = wanted;
    PowerSwitched switched{.wanted = wanted};
    switched.sent = switched.returned = now;
    if (trouble != Trouble::unread) switched.read_back = supply_.power;
    return switched;
  }

  Result<std::optional<Power>> state(const Until&) override { return supply_.power; }

 private:
  ScriptedSupply& supply_;
  VirtualClock& clock_;
};

}  // namespace coldboot
