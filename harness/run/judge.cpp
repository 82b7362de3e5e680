#include "harness/run/judge.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "harness/console/boot_watcher.hpp"
#include "harness/event/run_folder.hpp"
#include "harness/measure/limit.hpp"
#include "harness/measure/measure.hpp"
#include "harness/measure/summary.hpp"

namespace coldboot {
namespace {

BootHits hits_of(const BootRecord& record, const std::shared_ptr<const CompiledPlan>& plan) {
  BootHits hits;
  for (Found& found : watch(record, plan)) {
    if (found.held) continue;
    if (auto* marker = std::get_if<MarkerHit>(&found.hit)) {
      hits.markers.push_back(std::move(*marker));
    } else {
      hits.failures.push_back(std::move(std::get<FailureHit>(found.hit)));
    }
  }
  return hits;
}

bool knows(const BootPlan& plan, const std::string& marker) {
  if (marker == builtin::power_on || marker == builtin::first_byte || marker == builtin::last_byte) return true;
  return std::any_of(plan.markers.begin(), plan.markers.end(),
                     [&](const MarkerPlan& known) { return known.name == marker; });
}

/// The scenario's quantities that this configuration can have.
std::vector<SpanPlan> measures_of(const Scenario& scenario, const Configuration& configuration) {
  std::vector<SpanPlan> measures;
  for (const MeasurePlan& measure : scenario.measure) {
    if (!measure.on.empty() && measure.on != configuration.name) continue;
    if (!knows(configuration.plan, measure.from) || !knows(configuration.plan, measure.to)) continue;
    measures.push_back({measure.name, measure.from, measure.to, measure.title});
  }
  return measures;
}

Result<std::vector<LimitInputs>> limits_of(const Scenario& scenario) {
  std::vector<LimitInputs> limits;
  for (const LimitPlan& limit : scenario.limits) {
    auto expression = parse_limit(limit.that);
    if (!expression)
      return Fault(Cause::mistake, limit.place.text(), expression.error().what(), expression.error().hint());
    limits.push_back({limit.id, limit.that, limit.gate, std::move(*expression)});
  }
  return limits;
}

std::vector<SpanPlan> ranges_in(const std::vector<LimitInputs>& limits) {
  std::vector<LimitExpression> expressions;
  expressions.reserve(limits.size());
  for (const LimitInputs& limit : limits) expressions.push_back(limit.expression);
  return ranges_of(expressions);
}

RunInputs inputs_of(const Scenario& scenario, const BenchFile& bench, const RunHeader& header,
                    std::vector<LimitInputs> limits) {
  RunInputs inputs{.scenario = scenario.name,
                   .title = scenario.title,
                   .requirement = scenario.requirement,
                   .host = header.host,
                   .version = header.version,
                   .folder = header.folder,
                   .started_utc = header.started_utc,
                   .took = header.took,
                   .limits = std::move(limits),
                   .must_match = scenario.must_match,
                   .bench_retries = scenario.bench_retries};
  for (const Configuration& configuration : scenario.configurations) {
    inputs.configurations.push_back({configuration.name, bench.name, configuration.profile, configuration.declare});
  }
  return inputs;
}

/// What happened to the run as a whole outweighs what its boots came to.
void consider_the_run(RunResult& result, const Scenario& scenario, const RunHeader& header) {
  if (!header.faults.empty() && result.verdict < Verdict::error) {
    result.verdict = Verdict::error;
    result.reason = header.faults.front().text();
  }
  const bool complete = std::ranges::all_of(scenario.configurations, [&](const Configuration& configuration) {
    return std::ranges::count_if(result.boots, [&](const BootResult& boot) {
             return boot.configuration == configuration.name && boot.verdict != Verdict::error;
           }) >= scenario.boots;
  });
  const bool aborted = header.cut_off || (header.stopped && !complete);
  if (!aborted || result.verdict == Verdict::aborted) return;
  result.verdict = Verdict::aborted;
  result.reason = fmt::format("stopped after {} of {} boots", result.boots.size(),
                              scenario.configurations.size() * static_cast<std::size_t>(scenario.boots));
}

}  // namespace

Result<RunResult> judge(const Scenario& scenario, const BenchFile& bench, const std::vector<BootRecord>& boots,
                        const RunHeader& header) {
  auto limits = limits_of(scenario);
  if (!limits) return limits.error();
  std::map<std::string, std::shared_ptr<const CompiledPlan>> plans;
  std::vector<BootResult> results;
  for (const BootRecord& record : boots) {
    const auto configuration =
        std::find_if(scenario.configurations.begin(), scenario.configurations.end(),
                     [&](const Configuration& known) { return known.name == record.configuration; });
    if (configuration == scenario.configurations.end()) {
      return Fault(Cause::mistake, scenario.file.string(),
                   fmt::format("boot {} is one of the configuration \"{}\", which the scenario does not have",
                               record.number, record.configuration));
    }
    std::shared_ptr<const CompiledPlan>& plan = plans[configuration->name];
    if (!plan) {
      auto compiled = CompiledPlan::compile(configuration->plan);
      if (!compiled) return compiled.error();
      plan = std::move(*compiled);
    }
    const MeasureInputs inputs{.measures = measures_of(scenario, *configuration),
                               .ranges = ranges_in(*limits),
                               .declared = configuration->declare,
                               .supply_delay = bench.power.supply_delay};
    results.push_back(measure_boot(record, configuration->plan, hits_of(record, plan), inputs));
    results.back().folder = "boots/" + RunFolder::boot_folder_name(record.number, record.configuration);
  }
  RunResult result = summarise(inputs_of(scenario, bench, header, std::move(*limits)), std::move(results));
  consider_the_run(result, scenario, header);
  return result;
}

}  // namespace coldboot
