#include "harness/measure/bytes_lost.hpp"

#include <map>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace coldboot {
namespace {

constexpr Nanos settles_within = std::chrono::seconds(1);

/// For how long power had been on at that time; nothing when it was not.
std::optional<Nanos> power_on_for(const BootRecord& record, Instant at) {
  std::optional<Instant> since;
  for (const Event& event : record.events) {
    const auto* power = std::get_if<PowerSwitched>(&event.body);
    if (power == nullptr) continue;
    const bool on = power->wanted == Power::on;
    if ((on ? power->returned : power->sent) > at) break;
    if (!on) since.reset();
    if (on && !since) since = power->returned;
  }
  return since ? std::optional(at - *since) : std::nullopt;
}

void add_text(std::vector<std::string>& parts, std::uint64_t count, std::string_view one, std::string_view several) {
  if (count > 0) parts.push_back(fmt::format("{} {}", count, count == 1 ? one : several));
}

}  // namespace

std::vector<Fault> bytes_lost(const BootRecord& record) {
  std::map<std::string, ConsoleErrors> sums;
  for (const Event& event : record.events) {
    const auto* errors = std::get_if<ConsoleErrors>(&event.body);
    if (errors == nullptr) continue;
    const auto on_for = power_on_for(record, event.at);
    if (!on_for) continue;
    ConsoleErrors& sum = sums[errors->console];
    sum.overruns += errors->overruns;
    sum.buffer_overruns += errors->buffer_overruns;
    if (*on_for < settles_within) continue;
    sum.framing += errors->framing;
    sum.parity += errors->parity;
  }
  std::vector<Fault> faults;
  for (const auto& [console, sum] : sums) {
    std::vector<std::string> parts;
    add_text(parts, sum.overruns, "overrun of the port", "overruns of the port");
    add_text(parts, sum.buffer_overruns, "overrun of the system's buffer", "overruns of the system's buffer");
    add_text(parts, sum.framing, "framing error", "framing errors");
    add_text(parts, sum.parity, "parity error", "parity errors");
    if (parts.empty()) continue;
    const bool garbled = sum.framing + sum.parity > 0;
    faults.emplace_back(
        Cause::io, record.bench.empty() ? console : fmt::format("{}/{}", record.bench, console),
        fmt::format("bytes were lost or garbled: {}", fmt::join(parts, ", ")),
        garbled ? "check the line rate, the cable and its ground" : "this host is too busy, or its adapter too slow");
  }
  return faults;
}

}  // namespace coldboot
