#include "harness/bench/button_power.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "harness/core/pause.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr Nanos release_limit = 3s;  // each try; a button held too long turns many boards off again
constexpr int release_tries = 3;

}  // namespace

ButtonPower::ButtonPower(std::unique_ptr<PowerSwitch> supply, Relay& button, ButtonEntry entry, std::string where,
                         Clock& clock)
    : supply_(std::move(supply)), button_(button), entry_(std::move(entry)), where_(std::move(where)), clock_(clock) {}

ButtonPower::~ButtonPower() {
  if (may_be_pressed_) (void)release();
}

Result<PowerSwitched> ButtonPower::set(Power wanted, const Until& until) {
  if (may_be_pressed_) {
    if (auto released = release(); !released && wanted == Power::on) return released.error();
  }
  auto switched = supply_->set(wanted, until);
  if (!switched || wanted == Power::off) return switched;
  if (auto waited = let_pass(clock_, entry_.after, until, where_); !waited) return waited.error();
  may_be_pressed_ = true;
  switched->sent = clock_.now();
  const auto pressed = button_.set(entry_.channel, Contact::closed, until);
  switched->returned = clock_.now();
  switched->device_delay = std::max(switched->device_delay, button_.delay());
  const auto held = pressed ? hold(until) : pressed;
  if (auto released = release(); !released) return released.error();
  if (!held) return held.error().within("pressing the power button");
  return switched;
}

Result<void> ButtonPower::hold(const Until& until) {
  if (auto held = let_pass(clock_, entry_.press, until, where_); !held) return held;
  return check(Contact::closed, until);
}

Result<void> ButtonPower::check(Contact wanted, const Until& until) {
  const auto read = button_.read(entry_.channel, until);
  if (!read) return read.error();
  if (!*read || **read == wanted) return {};
  return Fault(Cause::protocol, where_,
               fmt::format("channel {} of {} reads back {}", entry_.channel, button_.description(),
                           wanted == Contact::closed ? "open, expected closed" : "closed, expected open"),
               "check the board's supply and its cable");
}

Result<void> ButtonPower::release() {
  Result<void> released;
  for (int number = 1; number <= release_tries; ++number) {
    const Until until(clock_.now() + release_limit);
    released = button_.set(entry_.channel, Contact::open, until);
    if (released) released = check(Contact::open, until);
    if (!released) continue;
    may_be_pressed_ = false;
    return {};
  }
  return released.error().within("the power button could not be released");
}

Result<std::optional<Power>> ButtonPower::state(const Until& until) {
  return supply_->state(until);
}

}  // namespace coldboot
