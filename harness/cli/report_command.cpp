#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "drivers/catalog.hpp"
#include "harness/bench/read_bench.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/outputs.hpp"
#include "harness/cli/project.hpp"
#include "harness/cli/telling.hpp"
#include "harness/event/run_record.hpp"
#include "harness/io/atomic_file.hpp"
#include "harness/measure/verdict.hpp"
#include "harness/run/judge.hpp"
#include "harness/scenario/read_scenario.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;

/// Every folder that holds a copy of an input.
std::vector<fs::path> folders_of_inputs(const RunRecord& run) {
  std::set<fs::path> folders;
  for (const InputRecord& input : run.info.inputs) folders.insert((run.folder / input.copy).parent_path());
  return {folders.begin(), folders.end()};
}

/// The scenario as it was when the run began, from the copies in the run folder; or the one given instead.
Reading<Scenario> scenario_of(const RunRecord& run, const ReportArguments& arguments) {
  if (!arguments.scenario.empty()) {
    const ProjectFolders project = project_around(fs::absolute(arguments.scenario).parent_path());
    return read_scenario(arguments.scenario, project.profiles);
  }
  if (run.info.inputs.empty()) {
    Findings findings;
    findings.mistake({run.folder.string(), 0, 0}, "the run folder names no scenario", "give one with --scenario");
    return {std::nullopt, findings};
  }
  return read_scenario(run.folder / run.info.inputs.front().copy, folders_of_inputs(run));
}

/// The bench as it was; where its file cannot be read any more, its name from the boots.
BenchFile bench_of(const RunRecord& run) {
  for (const InputRecord& input : run.info.inputs) {
    const Reading<BenchFile> bench = read_bench(run.folder / input.copy, driver_catalog().tables());
    if (bench) return *bench;
  }
  BenchFile unknown;
  if (!run.boots.empty()) unknown.name = run.boots.front().bench;
  return unknown;
}

Nanos length_of(const RunRecord& run) {
  if (run.info.ended) return *run.info.ended - run.info.anchor.origin;
  Instant last = run.info.anchor.origin;
  for (const BootRecord& boot : run.boots) {
    for (const Event& event : boot.events) last = std::max(last, event.at);
  }
  return last - run.info.anchor.origin;
}

bool was_stopped(const RunRecord& run) {
  const auto asks = [](const Event& event) { return std::holds_alternative<StopRequested>(event.body); };
  return std::ranges::any_of(run.events, asks) ||
         std::ranges::any_of(run.boots, [&](const BootRecord& boot) { return std::ranges::any_of(boot.events, asks); });
}

std::vector<Fault> faults_of(const RunRecord& run) {
  std::vector<Fault> faults;
  for (const Event& event : run.events) {
    if (const auto* seen = std::get_if<FaultSeen>(&event.body)) faults.push_back(seen->fault);
  }
  return faults;
}

bool write_reports(const fs::path& folder, const RunResult& result) {
  bool all = true;
  for (const ReportFile& report : run_folder_reports()) {
    if (const auto written = write_file_atomically(folder / report.name, report.text(result)); !written) {
      tell(written.error());
      all = false;
    }
  }
  return all;
}

}  // namespace

int report_command(const ReportArguments& arguments) {
  const auto run = read_run_folder(arguments.run);
  if (!run) {
    tell(run.error());
    return exit_code::usage;
  }
  for (const Fault& damage : run->damage) tell_warning(damage);
  Reading<Scenario> scenario = scenario_of(*run, arguments);
  tell_all(scenario.mistakes, {});
  if (!scenario) return exit_code::usage;
  if (run->info.boots > 0) scenario->boots = run->info.boots;
  auto result = judge(*scenario, bench_of(*run), run->boots,
                      {.host = run->info.host,
                       .version = run->info.version,
                       .folder = run->folder.string(),
                       .started_utc = utc_text(run->info.anchor.utc),
                       .took = length_of(*run),
                       .stopped = was_stopped(*run),
                       .cut_off = run->cut_off,
                       .faults = faults_of(*run)});
  if (!result) {
    tell(result.error());
    return exit_code::usage;
  }
  bool good = !arguments.write || write_reports(run->folder, *result);
  good = show_result(*result, {.json = arguments.json, .junit = arguments.junit}) && good;
  return good ? exit_status(result->verdict) : exit_code::error;
}

}  // namespace coldboot
