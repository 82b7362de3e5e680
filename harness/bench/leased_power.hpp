#pragma once

#include <memory>

#include "harness/bench/lease.hpp"
#include "harness/device/power_switch.hpp"

namespace coldboot {

/// A power switch that obeys whoever has the bench: it refuses a lease that is over, and the lease knows how power
/// stands.
class LeasedPower final : public PowerSwitch {
 public:
  LeasedPower(std::unique_ptr<PowerSwitch> power, Lease& lease);

  /// Faults: as the switch's own; `refused` when the lease is over.
  Result<PowerSwitched> set(Power wanted, const Until& until) override;
  Result<std::optional<Power>> state(const Until& until) override;

 private:
  std::unique_ptr<PowerSwitch> power_;
  Lease& lease_;
};

}  // namespace coldboot
