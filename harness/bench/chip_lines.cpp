#include "harness/bench/chip_lines.hpp"

#include <utility>

#include <fmt/format.h>

#include "harness/core/pause.hpp"

namespace coldboot {
namespace {

constexpr Nanos line_limit = std::chrono::seconds(10);  // each switching
constexpr int off_tries = 3;

Contact contact_for(bool on) {
  return on ? Contact::closed : Contact::open;
}

}  // namespace

ChipLines::ChipLines(std::map<std::string, Channel> lines, const FlashEntry& entry, Clock& clock, std::string where)
    : lines_(std::move(lines)),
      connect_(entry.connect),
      disconnect_(entry.disconnect),
      clock_(clock),
      where_(std::move(where)) {}

Result<void> ChipLines::connect(const ChipInterlock::Hold&, const Until& until) {
  for (const ChipMove& one : connect_) {
    if (auto moved = move(one, until); !moved) return moved;
  }
  return {};
}

Result<void> ChipLines::disconnect() {
  bool all_off = true;
  for (const ChipMove& one : disconnect_) {
    if (!move(one, Until(clock_.now() + std::max(line_limit, one.pause + line_limit)))) all_off = false;
  }
  if (all_off) return {};
  Result<void> first;
  for (const auto& [name, line] : lines_) {
    Result<void> off;
    for (int number = 1; number <= off_tries; ++number) {
      off = put(name, false, Until(clock_.now() + line_limit));
      if (off) break;
    }
    if (!off && first) first = off.error();
  }
  return first;
}

Result<void> ChipLines::move(const ChipMove& move, const Until& until) {
  if (move.line.empty()) return let_pass(clock_, move.pause, until, where_);
  return put(move.line, move.on, until);
}

Result<void> ChipLines::put(const std::string& name, bool on, const Until& until) {
  const Channel& line = lines_.at(name);
  const std::string what = fmt::format("line {}", name);
  if (auto set = line.relay->set(line.number, contact_for(on), until); !set) return set.error().within(what);
  const auto read = line.relay->read(line.number, until);
  if (!read) return read.error().within(what);
  if (!*read || **read == contact_for(on)) return {};
  return Fault(Cause::protocol, where_,
               fmt::format("{} was switched {} and reads back {} ({})", what, on ? "on" : "off", on ? "off" : "on",
                           line.relay->description()),
               "check the relay board's supply and wiring");
}

}  // namespace coldboot
