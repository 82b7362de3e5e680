#include "harness/bench/chip_interlock.hpp"

#include <utility>

#include <fmt/format.h>

#include "harness/core/pause.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr Nanos opening_limit = 3s;  // each try
constexpr int opening_tries = 3;
constexpr Nanos off_again_limit = 30s;

/// A button that was never pressed leaves the board running.
Result<void> reads_back(const Channel& contact, Contact wanted, const Until& until, const std::string& where) {
  const auto read = contact.relay->read(contact.number, until);
  if (!read) return read.error();
  if (!*read || **read == wanted) return {};
  return Fault(Cause::protocol, where,
               fmt::format("channel {} of {} reads back {}", contact.number, contact.relay->description(),
                           wanted == Contact::closed ? "open, expected closed" : "closed, expected open"),
               "check the relay board's supply and wiring");
}

Result<void> open_again(const Channel& contact, Clock& clock, const std::string& where) {
  Result<void> opened;
  for (int number = 1; number <= opening_tries; ++number) {
    const Until until(clock.now() + opening_limit);
    opened = contact.relay->set(contact.number, Contact::open, until);
    if (opened) opened = reads_back(contact, Contact::open, until, where);
    if (opened) return opened;
  }
  return opened;
}

}  // namespace

Result<void> press(const Channel& contact, Nanos length, Clock& clock, const Until& until, const std::string& where) {
  auto pressed = contact.relay->set(contact.number, Contact::closed, until);
  if (pressed) pressed = let_pass(clock, length, until, where);
  if (pressed) pressed = reads_back(contact, Contact::closed, until, where);
  if (auto opened = open_again(contact, clock, where); !opened) {
    return opened.error().within(fmt::format("{}: a contact that was closed could not be opened", where));
  }
  return pressed;
}

void ChipInterlock::Hold::let_go() {
  if (interlock_ == nullptr) return;
  const std::lock_guard lock(interlock_->switching_);
  std::exchange(interlock_, nullptr)->is_held_ = false;
}

ChipInterlock::ChipInterlock(std::unique_ptr<PowerSwitch> power, std::string where, Clock& clock, Tell tell)
    : power_(std::move(power)), where_(std::move(where)), clock_(clock), tell_(std::move(tell)) {}

Result<PowerSwitched> ChipInterlock::set(Power wanted, const Until& until) {
  const std::lock_guard lock(switching_);
  if (wanted == Power::on && is_held_) {
    return Fault(Cause::refused, where_,
                 "no power: the lines of the firmware chip are driven, or are not known to be off",
                 "take the programmer off the board, or see to its lines, before it gets power");
  }
  return switch_it(wanted, until);
}

Result<PowerSwitched> ChipInterlock::switch_it(Power wanted, const Until& until) {
  const auto off_before = std::exchange(off_since_, std::nullopt);
  auto switched = power_->set(wanted, until);
  const bool is_off = switched && wanted == Power::off && switched->read_back.value_or(Power::off) == Power::off;
  if (is_off) off_since_ = off_before.value_or(clock_.now());
  return switched;
}

Result<std::optional<Power>> ChipInterlock::state(const Until& until) {
  return power_->state(until);
}

Result<ChipInterlock::Hold> ChipInterlock::hold() {
  const std::lock_guard lock(switching_);
  if (is_held_) return Fault(Cause::refused, where_, "the firmware chip is being worked on already");
  if (!off_since_) {
    return Fault(Cause::refused, where_, "the firmware chip is not touched: power is not known to be off",
                 "switch it off first");
  }
  is_held_ = true;
  return Hold(*this);
}

Result<ChipInterlock::Hold> ChipInterlock::hold_in_s5(const S5Entry& how, const Channel& button, const Until& until) {
  auto held = hold();  // from here on nobody else gives power
  if (!held) return held;
  const std::lock_guard lock(switching_);
  if (auto there = into_s5(how, button, until); !there) {
    const auto off = switch_it(Power::off, Until(clock_.now() + off_again_limit));
    is_held_ = false;
    if (!off) return off.error().within("the board did not get into S5, and could not be switched off");
    return there.error().within("the board did not get into S5");
  }
  return held;
}

Result<void> ChipInterlock::into_s5(const S5Entry& how, const Channel& button, const Until& until) {
  auto on = switch_it(Power::on, until);
  if (!on) return on.error();
  on->aside = true;
  tell_(*on);
  if (on->read_back == Power::off) return Fault(Cause::protocol, where_, "switched on, but it reads back off");
  if (auto waited = let_pass(clock_, how.after, until, where_); !waited) return waited;
  if (auto pressed = press(button, how.press, clock_, until, where_); !pressed) return pressed;
  return let_pass(clock_, how.settle, until, where_);
}

ChipInterlock::Hold ChipInterlock::hold_for_the_dead() {
  const std::lock_guard lock(switching_);
  is_held_ = true;
  return Hold(*this);
}

bool ChipInterlock::is_held() {
  const std::lock_guard lock(switching_);
  return is_held_;
}

std::optional<Instant> ChipInterlock::off_since() {
  const std::lock_guard lock(switching_);
  return off_since_;
}

}  // namespace coldboot
