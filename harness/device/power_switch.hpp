#pragma once

#include <optional>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"
#include "harness/event/event.hpp"

namespace coldboot {

/// What turns a DUT on and off. One bench has one.
class PowerSwitch {
 public:
  virtual ~PowerSwitch() = default;

  /// Switches and returns once the device has taken the command, with the stamps of the call that took effect.
  /// Faults: `refused`, `io`, `lost`, `protocol` (the read back disagrees), `timeout`, `stopped`.
  virtual Result<PowerSwitched> set(Power wanted, const Until& until) = 0;

  /// What the device says its state is; an empty optional where it cannot be asked.
  virtual Result<std::optional<Power>> state(const Until& until) = 0;
};

}  // namespace coldboot
