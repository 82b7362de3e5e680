#include "harness/bench/leased_power.hpp"

#include <utility>

namespace coldboot {

LeasedPower::LeasedPower(std::unique_ptr<PowerSwitch> power, Lease& lease) : power_(std::move(power)), lease_(lease) {}

Result<PowerSwitched> LeasedPower::set(Power wanted, const Until& until) {
  if (auto ours = lease_.check(); !ours) return ours.error();
  if (wanted == Power::on) {
    if (auto kept = lease_.before_power_on(); !kept) return kept.error();
  }
  auto switched = power_->set(wanted, until);
  if (switched) lease_.power_is(switched->read_back.value_or(wanted));
  if (!switched || switched->read_back.value_or(wanted) != wanted) lease_.power_is_in_doubt();
  return switched;
}

Result<std::optional<Power>> LeasedPower::state(const Until& until) {
  return power_->state(until);
}

}  // namespace coldboot
