#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "harness/measure/measure.hpp"

namespace coldboot {

/// Composes a boot for a test: what was switched, said and found, at seconds after power came on (t = 0).
class BootBuilder {
 public:
  explicit BootBuilder(std::string configuration = "xen", int number = 1) {
    record_.number = number;
    record_.configuration = std::move(configuration);
    record_.bench = "apu2-07";
    record_.profile = "pfsense";
    record_.consoles.push_back({"com1", {}, {}, {}, {}});
    plan_.console = "com1";
  }

  static Instant at(double seconds) { return Instant(std::chrono::hours(1)) + Nanos(std::llround(seconds * 1e9)); }

  BootBuilder& event(double seconds, EventBody body) {
    record_.events.push_back({record_.events.size() + 1, at(seconds), record_.number, std::move(body)});
    return *this;
  }

  /// Power on at 0 s, and the hit that goes with it.
  BootBuilder& power_on(PowerSwitched power = {}) {
    power.wanted = Power::on;
    if (power.returned == Instant()) power.sent = power.returned = at(0);
    hits_.markers.push_back({.marker = builtin::power_on, .at = power.returned, .not_before = power.sent});
    return event(0, power);
  }

  /// The DUT prints a line; with a name, it is a hit of that marker.
  BootBuilder& says(double seconds, const std::string& line, const std::string& marker = "") {
    return prints({.arrival = at(seconds), .not_before = at(seconds), .stamped = true}, line, marker);
  }

  /// A line of a log that has no stamp of its own; it came between these two.
  BootBuilder& says_between(Instant earliest, Instant latest, const std::string& line, const std::string& marker = "") {
    return prints({.arrival = latest, .not_before = earliest, .stamped = false}, line, marker);
  }

  BootBuilder& fails(double seconds, const std::string& failure, bool fatal = true) {
    hits_.failures.push_back(
        {.failure = failure, .console = "com1", .at = at(seconds), .fatal = fatal, .text = failure + " text"});
    return *this;
  }

  BootBuilder& step(double start, double end, const std::string& what, Verdict verdict = Verdict::pass,
                    Fault fault = {}) {
    event(start, StepStarted{steps_, what});
    return event(end, StepEnded{steps_++, verdict, std::move(fault)});
  }

  BootBuilder& span(const std::string& name, const std::string& from, const std::string& to) {
    plan_.spans.push_back({name, from, to, ""});
    return *this;
  }

  [[nodiscard]] BootResult measure(const MeasureInputs& inputs = {}) const {
    return measure_boot(record_, plan_, hits_, inputs);
  }

  BootRecord& record() { return record_; }
  BootPlan& plan() { return plan_; }
  BootHits& hits() { return hits_; }

 private:
  BootBuilder& prints(Chunk chunk, const std::string& line, const std::string& marker) {
    ConsoleRecord& console = record_.consoles.front();
    chunk.offset = console.raw.size();
    console.raw += line + "\r\n";
    chunk.length = static_cast<std::uint32_t>(console.raw.size() - chunk.offset);
    console.chunks.push_back(chunk);
    if (chunk.offset == 0) add_hit(builtin::first_byte, chunk, 1, line.substr(0, 1));
    if (!marker.empty()) add_hit(marker, chunk, line.size(), line);
    return *this;
  }

  void add_hit(const std::string& marker, const Chunk& chunk, std::size_t length, const std::string& text) {
    hits_.markers.push_back({.marker = marker,
                             .console = "com1",
                             .begin = chunk.offset,
                             .end = chunk.offset + length,
                             .line = record_.consoles.front().chunks.size(),
                             .at = chunk.arrival,
                             .not_before = chunk.not_before,
                             .stamped = chunk.stamped,
                             .text = text});
  }

  BootRecord record_;
  BootPlan plan_;
  BootHits hits_;
  int steps_ = 0;
};

}  // namespace coldboot
