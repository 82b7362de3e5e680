#include "harness/measure/measure.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/measure/attributes.hpp"
#include "harness/measure/boot_verdict.hpp"
#include "harness/measure/bytes_lost.hpp"
#include "harness/measure/console_lines.hpp"
#include "harness/measure/silence.hpp"
#include "harness/measure/span_time.hpp"

namespace coldboot {
namespace {

/// How much of the console a report shows of a boot that failed.
constexpr std::size_t tail_lines = 40;

const PowerSwitched* first_power_on(const BootRecord& record) {
  for (const Event& event : record.events) {
    const auto* power = std::get_if<PowerSwitched>(&event.body);
    if (power != nullptr && power->wanted == Power::on && !power->aside) return power;
  }
  return nullptr;
}

/// How long power had been off before `on`; zero where this boot did not switch it off itself.
Nanos off_time_before(const BootRecord& record, const PowerSwitched& on) {
  std::optional<Instant> since;  // the first of the switchings off with no on between
  for (const Event& event : record.events) {
    const auto* power = std::get_if<PowerSwitched>(&event.body);
    if (power == nullptr || power->returned > on.sent) continue;
    if (power->wanted == Power::on) since.reset();
    if (power->wanted == Power::off && !since) since = power->returned;
  }
  return since ? on.sent - *since : Nanos{};
}

/// A console that vanishes once power was taken away for good is no fault: some are fed by the DUT.
bool is_after_last_power_off(const BootRecord& record, std::uint64_t seq) {
  bool off = false;
  for (const Event& event : record.events) {
    if (event.seq >= seq) break;
    if (const auto* power = std::get_if<PowerSwitched>(&event.body)) off = power->wanted == Power::off;
  }
  const bool on_again = std::ranges::any_of(record.events, [&](const Event& event) {
    const auto* power = std::get_if<PowerSwitched>(&event.body);
    return event.seq > seq && power != nullptr && power->wanted == Power::on;
  });
  return off && !on_again;
}

/// Whether a console that was lost was back before the DUT had power, so that nothing can have been missed.
bool is_back_before_power(const BootRecord& record, const Event& loss) {
  for (const Event& event : record.events) {
    const auto* power = std::get_if<PowerSwitched>(&event.body);
    if (power != nullptr && power->wanted == Power::on) return false;
    const auto* opened = std::get_if<ConsoleOpened>(&event.body);
    if (event.seq > loss.seq && opened != nullptr && opened->console == std::get<ConsoleLost>(loss.body).console) {
      return true;
    }
  }
  return false;
}

/// Of a console that was opened again.
std::string how_long_away(const BootRecord& record, const Event& loss) {
  for (const Event& event : record.events) {
    const auto* opened = std::get_if<ConsoleOpened>(&event.body);
    if (opened == nullptr || event.seq < loss.seq) continue;
    if (opened->console != std::get<ConsoleLost>(loss.body).console) continue;
    return fmt::format(", back after {}", seconds_text(event.at - loss.at));
  }
  return "";
}

std::vector<Fault> bench_faults(const BootRecord& record) {
  std::vector<Fault> faults;
  for (const Event& event : record.events) {
    if (const auto* seen = std::get_if<FaultSeen>(&event.body); seen != nullptr && seen->fault.cause() != Cause::dut) {
      faults.push_back(seen->fault);
    }
    if (const auto* lost = std::get_if<ConsoleLost>(&event.body);
        lost != nullptr && !is_after_last_power_off(record, event.seq) && !is_back_before_power(record, event)) {
      const std::string where =
          record.bench.empty() ? lost->console : fmt::format("{}/{}", record.bench, lost->console);
      faults.emplace_back(Cause::lost, where,
                          fmt::format("console lost: {}{}", lost->what, how_long_away(record, event)));
    }
  }
  std::ranges::move(bytes_lost(record), std::back_inserter(faults));
  faults.insert(faults.end(), record.damage.begin(), record.damage.end());
  return faults;
}

std::vector<StepOutcome> steps_of(const BootRecord& record) {
  std::vector<StepOutcome> steps;
  std::vector<Instant> started;
  for (const Event& event : record.events) {
    if (const auto* start = std::get_if<StepStarted>(&event.body)) {
      steps.push_back(
          {start->index, start->what, Verdict::aborted, Fault(Cause::stopped, "", "never ended"), Nanos(0)});
      started.push_back(event.at);
    }
    const auto* end = std::get_if<StepEnded>(&event.body);
    if (end == nullptr || steps.empty() || steps.back().index != end->index) continue;
    steps.back().verdict = end->verdict;
    steps.back().fault = end->fault;
    steps.back().took = event.at - started.back();
  }
  return steps;
}

/// When the DUT had power aside, to prove that a firmware boots: from then until it is switched on for this boot's
/// sake, nothing it says is this boot's.
class AsideTimes {
 public:
  explicit AsideTimes(const BootRecord& record) {
    for (const Event& event : record.events) {
      const auto* power = std::get_if<PowerSwitched>(&event.body);
      if (power == nullptr || power->wanted != Power::on) continue;
      const bool goes_on = !times_.empty() && times_.back().to == Instant::max();
      if (power->aside && !goes_on) times_.push_back({power->sent, Instant::max()});
      if (!power->aside && goes_on) times_.back().to = power->sent;
    }
  }
  [[nodiscard]] bool hold(Instant at) const {
    return at != Instant::max() &&
           std::ranges::any_of(times_, [at](const Time& time) { return time.from <= at && at < time.to; });
  }
  [[nodiscard]] bool are_none() const { return times_.empty(); }

 private:
  struct Time {
    Instant from;
    Instant to;
  };
  std::vector<Time> times_;
};

std::vector<Chunk> chunks_of_this_boot(const ConsoleRecord& console, const AsideTimes& aside) {
  std::vector<Chunk> own = console.chunks;
  std::erase_if(own, [&](const Chunk& chunk) { return aside.hold(chunk.arrival); });
  return own;
}

/// The last byte that a console said in this boot.
std::optional<MarkerHit> last_byte_of(const ConsoleRecord& console, const AsideTimes& aside) {
  const std::vector<Chunk> own = chunks_of_this_boot(console, aside);
  if (own.empty() || own.back().length == 0) return std::nullopt;
  const Chunk& last = own.back();
  const std::uint64_t end = last.offset + last.length;
  const auto newlines =
      std::count(console.raw.begin(), console.raw.begin() + static_cast<std::ptrdiff_t>(end - 1), '\n');
  MarkerHit hit;
  hit.marker = builtin::last_byte;
  hit.console = console.name;
  hit.at = last.arrival;
  hit.not_before = last.not_before;
  hit.stamped = last.stamped;
  hit.line = static_cast<std::uint64_t>(newlines) + 1;
  hit.begin = end - 1;
  hit.end = end;
  return hit;
}

/// Without what a board said that had power aside.
BootHits hits_of_this_boot(const BootRecord& record, const AsideTimes& aside, const BootHits& hits) {
  if (aside.are_none()) return hits;
  BootHits own;
  for (const MarkerHit& hit : hits.markers) {
    if (!aside.hold(hit.at)) {
      own.markers.push_back(hit);
    } else if (hit.marker == builtin::last_byte) {
      const auto console = std::ranges::find(record.consoles, hit.console, &ConsoleRecord::name);
      const auto last = console == record.consoles.end() ? std::nullopt : last_byte_of(*console, aside);
      if (last) own.markers.push_back(*last);
    }
  }
  std::ranges::copy_if(hits.failures, std::back_inserter(own.failures),
                       [&](const FailureHit& hit) { return !aside.hold(hit.at); });
  return own;
}

ImagePut image_put(const MediumPut& put) {
  ImagePut image;
  image.medium = put.medium;
  image.image = put.image;
  image.sha256 = put.sha256;
  image.outcome = name_of(ChipOutcome::written);
  image.took = put.took;
  return image;
}

ImagePut image_put(const FirmwarePut& put) {
  ImagePut image;
  image.medium = "flash";
  image.image = put.image;
  image.sha256 = put.sha256;
  image.version = put.version;
  image.chip = put.chip;
  image.programmer = put.programmer;
  image.outcome = name_of(put.outcome);
  image.read_back = put.read_back;
  image.took = put.took;
  image.saved = put.saved;
  return image;
}

/// All images of a boot; it ran the last one of each medium that was put before it had power.
std::vector<ImagePut> images_put(const BootRecord& record) {
  std::vector<ImagePut> images;
  std::optional<std::size_t> before_power;
  for (const Event& event : record.events) {
    if (const auto* put = std::get_if<MediumPut>(&event.body)) images.push_back(image_put(*put));
    if (const auto* put = std::get_if<FirmwarePut>(&event.body)) images.push_back(image_put(*put));
    const auto* power = std::get_if<PowerSwitched>(&event.body);
    const bool begins = power != nullptr && power->wanted == Power::on && !power->aside;
    if (begins && !before_power) before_power = images.size();
  }
  std::set<std::string> known;
  for (std::size_t i = before_power.value_or(0); i-- > 0;) images[i].ran = known.insert(images[i].medium).second;
  return images;
}

/// When the last step that ran out of time did so.
std::optional<Instant> gave_up_at(const BootRecord& record) {
  std::optional<Instant> at;
  for (const Event& event : record.events) {
    const auto* end = std::get_if<StepEnded>(&event.body);
    if (end != nullptr && end->verdict != Verdict::pass && end->fault.cause() == Cause::timeout) at = event.at;
  }
  return at;
}

TimeBasis basis_of(const BootRecord& record, const BootPlan& plan, const AsideTimes& aside,
                   const MeasureInputs& inputs) {
  TimeBasis basis;
  std::optional<Instant> t0;
  if (const PowerSwitched* on = first_power_on(record)) {
    basis.power_on = *on;
    t0 = on->returned;
  }
  basis.supply_delay = inputs.supply_delay;
  basis.gave_up = gave_up_at(record);
  basis.main_console = plan.console.empty() && !record.consoles.empty() ? record.consoles.front().name : plan.console;
  basis.stamp_terms = inputs.stamp_terms;
  basis.clock_ppm = inputs.clock_ppm;
  for (const ConsoleRecord& console : record.consoles) {
    basis.resolution[console.name] = console.resolution;
    basis.latency[console.name] = console.latency;
    basis.gaps[console.name] =
        aside.are_none() ? gaps_of(console.chunks, t0) : gaps_of(chunks_of_this_boot(console, aside), t0);
  }
  return basis;
}

std::vector<SpanTime> time_spans(const std::vector<SpanPlan>& plans, const BootHits& hits, const TimeBasis& basis) {
  std::vector<SpanTime> times;
  for (const SpanPlan& plan : plans) times.push_back(time_span(plan, hits.markers, basis));
  return times;
}

/// The shortest span that holds all of [from, to], by name.
std::string innermost_span(const std::vector<SpanTime>& spans, const std::vector<MarkerHit>& hits, const Gap& gap) {
  const SpanTime* best = nullptr;
  for (const SpanTime& span : spans) {
    const auto from = std::ranges::find(hits, span.from, &MarkerHit::marker);
    if (!span.duration || from == hits.end() || from->at == Instant::max()) continue;
    const bool holds = from->at <= gap.from && gap.to <= from->at + *span.duration;
    if (holds && (best == nullptr || *span.duration < *best->duration)) best = &span;
  }
  return best == nullptr ? "" : best->name;
}

Silence describe(const std::string& console, const Gap& gap, const std::vector<ConsoleLine>& lines) {
  Silence silence{.console = console, .from = gap.from, .length = gap.length()};
  const auto after = std::ranges::find_if(lines, [&](const ConsoleLine& line) { return line.end > gap.offset; });
  if (after != lines.end()) silence.after = printable_line(after->text);
  const auto next = std::ranges::find_if(lines, [&](const ConsoleLine& line) { return line.begin >= gap.offset; });
  if (next != lines.begin()) {
    silence.before = printable_line(std::prev(next)->text);
    silence.line_before = std::prev(next)->number;
  }
  return silence;
}

std::vector<Silence> longest_silences(const BootRecord& record, const TimeBasis& basis, const MeasureInputs& inputs,
                                      const std::vector<SpanTime>& spans, const std::vector<MarkerHit>& hits) {
  struct Found {
    const ConsoleRecord* console;
    Gap gap;
  };
  std::vector<Found> found;
  for (const ConsoleRecord& console : record.consoles) {
    for (const Gap& gap : basis.gaps.at(console.name)) {
      if (gap.length() >= inputs.shortest_silence) found.push_back({&console, gap});
    }
  }
  std::ranges::stable_sort(found, std::ranges::greater(), [](const Found& one) { return one.gap.length(); });
  if (found.size() > inputs.silences) found.resize(inputs.silences);
  std::vector<Silence> silences;
  for (const Found& one : found) {
    Silence silence = describe(one.console->name, one.gap, lines_of(one.console->raw));
    silence.span = innermost_span(spans, hits, one.gap);
    silences.push_back(std::move(silence));
  }
  return silences;
}

std::string tail_of_main_console(const BootRecord& record, const std::string& name) {
  const auto console = std::ranges::find(record.consoles, name, &ConsoleRecord::name);
  return console == record.consoles.end() ? "" : tail_of(lines_of(console->raw), tail_lines);
}

}  // namespace

BootResult measure_boot(const BootRecord& record, const BootPlan& plan, const BootHits& all_hits,
                        const MeasureInputs& inputs) {
  const AsideTimes aside(record);
  const BootHits hits = hits_of_this_boot(record, aside, all_hits);
  const TimeBasis basis = basis_of(record, plan, aside, inputs);
  BootResult result;
  result.number = record.number;
  result.configuration = record.configuration;
  result.bench = record.bench;
  result.profile = record.profile;
  result.cut_off = record.cut_off;
  result.after = record.after;
  if (basis.power_on) {
    result.started = basis.power_on->returned;
    result.off_for = off_time_before(record, *basis.power_on);
  }
  result.markers = hits.markers;
  result.failures = hits.failures;
  result.spans = time_spans(plan.spans, hits, basis);
  result.measurements = time_spans(inputs.measures, hits, basis);
  result.ranges = time_spans(inputs.ranges, hits, basis);
  result.silences = longest_silences(record, basis, inputs, result.spans, result.markers);
  result.attributes = attributes_of(inputs.declared, plan.observe, hits.markers);
  result.steps = steps_of(record);
  result.images = images_put(record);
  result.faults = bench_faults(record);
  for (const ConsoleRecord& console : record.consoles) result.console_bytes[console.name] = console.raw.size();
  for (const Event& event : record.events) {
    if (const auto* load = std::get_if<HostLoad>(&event.body)) result.host_load = *load;
  }
  result.tail = tail_of_main_console(record, basis.main_console);
  const Judgement judgement = judge_boot(record, result);
  result.verdict = judgement.verdict;
  result.reason = judgement.reason;
  result.reason_type = judgement.type;
  return result;
}

}  // namespace coldboot
