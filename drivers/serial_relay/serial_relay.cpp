#include "drivers/serial_relay/serial_relay.hpp"

#include <algorithm>
#include <chrono>
#include <termios.h>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/io/talk.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr Nanos answer_limit = 1s;    // boards answer within some ten milliseconds
constexpr Nanos contact_time = 15ms;  // operate time of relays of this size, bounce included
constexpr int frame_characters = 40;  // the longest command of a dialect

/// Feeds `is_whole` with all that was received so far until it says so, or finds a fault.
template <class IsWhole>
Result<void> receive(int descriptor, const Until& until, const std::string& where, IsWhole is_whole) {
  const Until limit(std::min(until.deadline, Instant(std::chrono::steady_clock::now()) + answer_limit), until.stop);
  std::string answer;
  while (true) {
    const Result<bool> whole = is_whole(std::string_view(answer));
    if (!whole) return whole.error();
    if (*whole) return {};
    const auto more = receive_bytes(descriptor, limit, where);
    if (!more) {
      if (more.error().cause() != Cause::timeout || answer.empty()) return more.error();
      return Fault(Cause::timeout, where, fmt::format("found only \"{}\" of an answer", printable_line(answer)));
    }
    answer += *more;
  }
}

}  // namespace

SerialRelay::SerialRelay(OpenRelayLine open, std::unique_ptr<RelayDialect> dialect, SerialRelayConfig config)
    : open_(std::move(open)), dialect_(std::move(dialect)), config_(std::move(config)) {}

Result<void> SerialRelay::set(int channel, Contact wanted, const Until& until) {
  const auto line = connect(channel, until);
  if (!line) return line.error();
  if (auto sent = send_bytes(line->descriptor, dialect_->set(channel, wanted), until, config_.where); !sent)
    return sent;
  const auto taken = receive(line->descriptor, until, config_.where,
                             [&](std::string_view answer) { return dialect_->is_taken(answer, channel, wanted); });
  if (!taken) return seen_from_here(taken.error());
  return {};
}

Result<std::optional<Contact>> SerialRelay::read(int channel, const Until& until) {
  if (!dialect_->can_be_read()) return std::optional<Contact>();
  const auto line = connect(channel, until);
  if (!line) return line.error();
  Result<std::optional<Contact>> contact = std::optional<Contact>();
  for (int times = dialect_->times_to_ask(); times > 0; --times) {
    contact = ask(channel, line->descriptor, until);
    if (!contact) return seen_from_here(contact.error());
  }
  return contact;
}

std::string SerialRelay::description() const {
  return config_.description;
}

Nanos SerialRelay::delay() const {
  return contact_time + frame_characters * dialect_->rate().character_time();
}

/// Opens the line and brings the board to listen.
Result<RelayLine> SerialRelay::connect(int channel, const Until& until) {
  if (channel < 1 || channel > config_.channels) {
    return Fault(Cause::refused, config_.where,
                 fmt::format("found channel {}, expected one of the board's {}", channel, config_.channels));
  }
  auto line = open_(until);
  if (!line) return line.error();
  ::tcflush(line->descriptor, TCIFLUSH);  // what was sent before may still be on its way
  const std::string wake = dialect_->wake();
  if (wake.empty()) return line;
  if (auto sent = send_bytes(line->descriptor, wake, until, config_.where); !sent) return sent.error();
  const auto awake = receive(line->descriptor, until, config_.where,
                             [&](std::string_view answer) -> Result<bool> { return dialect_->is_awake(answer); });
  if (!awake) return awake.error().within("bringing the board to listen");
  return line;
}

Result<std::optional<Contact>> SerialRelay::ask(int channel, int descriptor, const Until& until) {
  if (auto sent = send_bytes(descriptor, dialect_->ask(channel), until, config_.where); !sent) return sent.error();
  std::optional<Contact> contact;
  const auto answered = receive(descriptor, until, config_.where, [&](std::string_view answer) -> Result<bool> {
    const auto read = dialect_->contact(answer, channel);
    if (!read) return read.error();
    contact = *read;
    return contact.has_value();
  });
  if (!answered) return answered.error();
  return contact;
}

/// A fault of the dialect, which knows no place, as this bench's.
Fault SerialRelay::seen_from_here(const Fault& fault) const {
  return fault.where().empty() ? Fault(fault.cause(), config_.where, fault.what(), fault.hint()) : fault;
}

}  // namespace coldboot
