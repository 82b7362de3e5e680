#include "harness/measure/measure.hpp"

#include <algorithm>

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

std::vector<ImagePut> images_put(const BootRecord& record) {
  std::vector<ImagePut> images;
  for (const Event& event : record.events) {
    if (const auto* put = std::get_if<MediumPut>(&event.body)) {
      images.push_back({.medium = put->medium,
                        .image = put->image,
                        .sha256 = put->sha256,
                        .version = "",
                        .chip = "",
                        .programmer = "",
                        .outcome = std::string(name_of(ChipOutcome::written)),
                        .read_back = "",
                        .took = put->took,
                        .saved = {}});
    }
    if (const auto* put = std::get_if<FirmwarePut>(&event.body)) {
      images.push_back({.medium = "flash",
                        .image = put->image,
                        .sha256 = put->sha256,
                        .version = put->version,
                        .chip = put->chip,
                        .programmer = put->programmer,
                        .outcome = std::string(name_of(put->outcome)),
                        .read_back = put->read_back,
                        .took = put->took,
                        .saved = put->saved});
    }
  }
  return images;
}

/// Without what a board said that got power aside, before this boot: to prove another firmware than the one measured.
BootHits hits_of_this_boot(const BootRecord& record, const BootHits& hits) {
  const bool was_on_aside = std::ranges::any_of(record.events, [](const Event& event) {
    const auto* power = std::get_if<PowerSwitched>(&event.body);
    return power != nullptr && power->aside;
  });
  const PowerSwitched* const on = first_power_on(record);
  if (!was_on_aside || on == nullptr) return hits;
  BootHits own = hits;
  std::erase_if(own.markers, [on](const MarkerHit& hit) { return hit.at < on->sent; });
  std::erase_if(own.failures, [on](const FailureHit& hit) { return hit.at < on->sent; });
  return own;
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

TimeBasis basis_of(const BootRecord& record, const BootPlan& plan, const MeasureInputs& inputs) {
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
    basis.gaps[console.name] = gaps_of(console, t0);
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
  const BootHits hits = hits_of_this_boot(record, all_hits);
  const TimeBasis basis = basis_of(record, plan, inputs);
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
