#include "drivers/snmp_pdu/snmp_relay.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "harness/core/pause.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr Nanos shows_within = 5s;
constexpr Nanos between_looks = 200ms;

}  // namespace

SnmpRelay::SnmpRelay(SnmpSession session, PduModel model, Clock& clock, std::string where)
    : session_(std::move(session)), model_(std::move(model)), clock_(clock), where_(std::move(where)) {}

Result<void> SnmpRelay::set(int channel, Contact wanted, const Until& until) {
  const auto object = model_.object_for(channel, wanted);
  if (!object) return object.error();
  if (const auto set = session_.set(*object, model_.value_for(wanted), until); !set) return set;
  await(channel, wanted, until);
  return {};
}

void SnmpRelay::await(int channel, Contact wanted, const Until& until) {
  const Instant end = std::min(until.deadline, clock_.now() + shows_within);
  while (clock_.now() < end) {
    const auto now = read(channel, until);
    if (!now || *now == wanted) return;
    if (!let_pass(clock_, between_looks, Until(end, until.stop), where_)) return;
  }
}

Result<std::optional<Contact>> SnmpRelay::read(int channel, const Until& until) {
  const auto object = model_.state_object(channel);
  if (!object) return object.error();
  const auto state = session_.get(*object, until);
  if (!state) return state.error();
  const auto contact = model_.contact_of(*state);
  if (contact) return contact;
  return Fault(Cause::protocol, where_,
               fmt::format("PDU {}: outlet {} is in state {}, which {} does not know", session_.host(), channel, *state,
                           model_.name),
               "is it the model the bench file says?");
}

std::string SnmpRelay::description() const {
  return fmt::format("PDU {} ({})", session_.host(), model_.name);
}

}  // namespace coldboot
