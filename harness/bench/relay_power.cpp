#include "harness/bench/relay_power.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "harness/core/pause.hpp"

namespace coldboot {
namespace {

std::string_view word_for(Contact contact) {
  return contact == Contact::closed ? "closed" : "open";
}

/// Whether the same call may come to a better end a moment later: a board that dropped off the bus comes back, a line
/// that was disturbed is quiet again. What was refused stays refused.
bool may_pass(const Fault& fault) {
  switch (fault.cause()) {
    case Cause::io:
    case Cause::lost:
    case Cause::protocol:
    case Cause::timeout: return true;
    default: return false;
  }
}

}  // namespace

RelayPower::RelayPower(Relay& relay, RelayEntry entry, std::string where, Clock& clock, Tell tell)
    : relay_(relay), entry_(entry), where_(std::move(where)), clock_(clock), tell_(std::move(tell)) {}

Result<PowerSwitched> RelayPower::set(Power wanted, const Until& until) {
  const int tries = 1 + entry_.retries;
  for (int number = 1;; ++number) {
    Try tried = attempt(wanted, number, until);
    if (!tried.fault) return tried.switched;
    const Fault fault = tried.fault->within(fmt::format("switching {}, try {} of {}", name_of(wanted), number, tries));
    if (number == tries || !may_pass(fault)) return fault;
    note(fault.text());
    if (auto waited = let_pass(clock_, entry_.retry_pause, until, where_); !waited) {
      return waited.error().cause() == Cause::stopped ? waited.error() : fault;
    }
    if (took_effect_after_all(tried.switched, until)) return tried.switched;
  }
}

RelayPower::Try RelayPower::attempt(Power wanted, int number, const Until& until) {
  Try tried;
  PowerSwitched& switched = tried.switched;
  switched.wanted = wanted;
  switched.attempt = number;
  switched.device_delay = relay_.delay();
  switched.sent = clock_.now();
  const auto set = relay_.set(entry_.channel, contact_for(wanted), until);
  switched.returned = clock_.now();
  tried.fault = set ? read_back(switched, until) : std::optional(set.error());
  return tried;
}

std::optional<Fault> RelayPower::read_back(PowerSwitched& switched, const Until& until) {
  if (auto settled = let_pass(clock_, entry_.settle, until, where_); !settled) return settled.error();
  const auto read = relay_.read(entry_.channel, until);
  if (!read) return read.error().within("reading back");
  if (!*read) {
    if (!std::exchange(told_assumed_, true))
      note(fmt::format("{}: {} cannot be read back: its state is assumed", where_, relay_.description()));
    return std::nullopt;
  }
  const Contact wanted = contact_for(switched.wanted);
  if (**read != wanted) {
    return Fault(Cause::protocol, where_,
                 fmt::format("channel {} of {} reads back {}, expected {}", entry_.channel, relay_.description(),
                             word_for(**read), word_for(wanted)),
                 "check the board's supply and its cable");
  }
  switched.read_back = switched.wanted;
  return std::nullopt;
}

bool RelayPower::took_effect_after_all(PowerSwitched& switched, const Until& until) {
  const auto read = relay_.read(entry_.channel, until);
  if (!read || !*read || **read != contact_for(switched.wanted)) return false;
  switched.read_back = switched.wanted;
  switched.device_delay = std::max(switched.device_delay, clock_.now() - switched.returned);
  return true;
}

Result<std::optional<Power>> RelayPower::state(const Until& until) {
  const auto read = relay_.read(entry_.channel, until);
  if (!read) return read.error();
  return *read ? std::optional(power_of(**read)) : std::nullopt;
}

Contact RelayPower::contact_for(Power power) const {
  return (power == Power::on) == (entry_.wiring == Wiring::normally_open) ? Contact::closed : Contact::open;
}

Power RelayPower::power_of(Contact contact) const {
  return contact == contact_for(Power::on) ? Power::on : Power::off;
}

void RelayPower::note(const std::string& text) {
  tell_(Note{text});
}

}  // namespace coldboot
