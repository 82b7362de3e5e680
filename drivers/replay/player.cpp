#include "drivers/replay/player.hpp"

#include <utility>

namespace coldboot {
namespace {

/// A terminal answers a carriage return with a new line; all else comes back as typed.
std::string echo_of(std::string_view typed) {
  std::string echo;
  for (const char c : typed) {
    if (c == '\r' || c == '\n') {
      echo += "\r\n";
    } else {
      echo += c;
    }
  }
  return echo;
}

}  // namespace

void Player::insert(Recording recording) {
  recording_ = std::move(recording);
}

void Player::switch_power(Power wanted, Instant now) {
  if (wanted == power_) return;
  power_ = wanted;
  planned_.clear();
  if (wanted == Power::on && !recording_.segments.empty()) enter_segment(0, now);
}

void Player::enter_segment(std::size_t segment, Instant at) {
  segment_ = segment;
  typed_.clear();
  for (const Emission& emission : recording_.segments[segment].emissions) planned_.emplace(at + emission.at, emission);
}

void Player::type(std::string_view console, std::string_view bytes, Instant now) {
  while (power_ == Power::on && !bytes.empty() && segment_ + 1 < recording_.segments.size()) {
    const Segment& waiting = recording_.segments[segment_ + 1];
    if (!waiting.console.empty() && waiting.console != console) return;
    std::size_t taken = 0;
    bool awaited = false;
    while (taken < bytes.size() && !awaited) {
      typed_ += bytes[taken++];
      awaited = typed_.ends_with(waiting.await);
    }
    if (waiting.echo) planned_.emplace(now, Emission{Nanos(0), std::string(console), echo_of(bytes.substr(0, taken))});
    if (awaited) enter_segment(segment_ + 1, now);
    bytes.remove_prefix(taken);
  }
}

std::optional<Instant> Player::next() const {
  if (planned_.empty()) return std::nullopt;
  return planned_.begin()->first;
}

std::vector<Emission> Player::take_due(Instant now) {
  std::vector<Emission> due;
  while (!planned_.empty() && planned_.begin()->first <= now) {
    due.push_back(std::move(planned_.begin()->second));
    planned_.erase(planned_.begin());
  }
  return due;
}

}  // namespace coldboot
