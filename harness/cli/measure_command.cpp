#include <algorithm>
#include <set>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/log_files.hpp"
#include "harness/cli/marker_table.hpp"
#include "harness/cli/outputs.hpp"
#include "harness/cli/project.hpp"
#include "harness/cli/telling.hpp"
#include "harness/cli/version.hpp"
#include "harness/core/text.hpp"
#include "harness/measure/verdict.hpp"
#include "harness/run/judge.hpp"

namespace coldboot {
namespace {

/// A log and what it is measured with.
struct Measured {
  std::string name;
  ImportedLog log;
  LogProfile profile;
  bool guessed = false;
};

std::string unique_name(const std::filesystem::path& file, std::set<std::string>& taken) {
  const std::string stem = file.stem();
  std::string name = stem;
  for (int i = 2; !taken.insert(name).second; ++i) name = fmt::format("{}-{}", stem, i);
  return name;
}

std::optional<LogOrigin> origin_of(const MeasureArguments& arguments) {
  if (arguments.origin == "zero") return LogOrigin::stamp_zero;
  if (arguments.origin == "first") return LogOrigin::first_stamp;
  return std::nullopt;  // a marker moves the zero of the table, or nothing was said
}

Result<ImportOptions> options_of(const MeasureArguments& arguments) {
  ImportOptions options;
  if (!arguments.stamps.empty()) {
    const auto form = parse_stamp_form(arguments.stamps);
    if (!form) return form.error();
    options.stamps.form = *form;
  }
  if (!arguments.deltas.empty()) options.stamps.since_previous = arguments.deltas == "yes";
  if (!arguments.stamp_of.empty()) {
    options.stamped_byte = arguments.stamp_of == "first" ? StampedByte::first : StampedByte::last;
  }
  return options;
}

std::optional<std::vector<Measured>> read_all(const MeasureArguments& arguments) {
  const std::vector<std::filesystem::path> folders = project_around(".").profiles;
  if (folders.empty()) {
    tell(Fault(Cause::missing, "measure", "found no folder of profiles here, above, or beside this program",
               "run it inside a checkout, or name a profile's file with --profile"));
    if (arguments.profile.empty()) return std::nullopt;
  }
  const auto options = options_of(arguments);
  if (!options) {
    tell(options.error());
    return std::nullopt;
  }
  std::vector<Measured> all;
  std::set<std::string> names;
  for (const std::filesystem::path& file : arguments.logs) {
    auto log = read_log(file, *options, origin_of(arguments));
    if (!log) return std::nullopt;
    const bool guess = arguments.profile.empty();
    auto profile = guess ? guessed_profile(*log, folders) : named_profile(arguments.profile, folders);
    if (!profile) {
      if (guess)
        tell(Fault(Cause::mistake, file.string(), "no profile has a marker in this log", "name one with --profile"));
      return std::nullopt;
    }
    all.push_back({unique_name(file, names), std::move(*log), std::move(*profile), guess});
  }
  return all;
}

/// The logs as a run of one boot each, so that they are measured and compared as every run is.
Scenario scenario_of(const std::vector<Measured>& logs) {
  Scenario scenario;
  scenario.name = "measure";
  scenario.title = logs.size() == 1 ? logs.front().log.name : fmt::format("{} logs side by side", logs.size());
  for (const Measured& measured : logs) {
    Configuration configuration;
    configuration.name = measured.name;
    configuration.profile = measured.profile.profile.plan.profile;
    configuration.plan = measured.profile.profile.plan;
    scenario.configurations.push_back(std::move(configuration));
  }
  return scenario;
}

std::vector<BootRecord> boots_of(const std::vector<Measured>& logs) {
  std::vector<BootRecord> boots;
  for (const Measured& measured : logs) {
    BootRecord boot = measured.log.record;
    boot.number = static_cast<int>(boots.size()) + 1;
    boot.configuration = measured.name;
    boot.bench = "log";
    boot.profile = measured.profile.profile.plan.profile;
    boots.push_back(std::move(boot));
  }
  return boots;
}

bool print_markers(const std::vector<Measured>& logs, const RunResult& result, const std::string& origin) {
  bool good = true;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const Measured& measured = logs[i];
    good = print(fmt::format("{}\n  {}\n  profile {}{}\n", measured.log.name, measured.log.description,
                             measured.profile.profile.plan.profile, measured.guessed ? " (guessed)" : "")) &&
           good;
    for (const std::string& note : measured.log.notes) good = print(fmt::format("  note: {}\n", note)) && good;
    good = print("\n" + marker_table(result.boots[i], measured.log.origin, origin) + "\n") && good;
  }
  return good;
}

/// Says which logs hold no marker at all: nothing was measured in them.
bool all_show_something(const RunResult& result) {
  bool all = true;
  for (const BootResult& boot : result.boots) {
    const bool shows = std::ranges::any_of(boot.markers, [](const MarkerHit& hit) {
      return hit.marker != builtin::first_byte && hit.marker != builtin::last_byte && hit.marker != builtin::power_on;
    });
    if (!shows)
      tell_note(fmt::format("{}: no marker of profile {} is in it, so nothing was measured", boot.configuration,
                            boot.profile));
    all = all && shows;
  }
  return all;
}

/// A marker to count from must be one that a profile has.
bool origin_is_known(const std::string& origin, const std::vector<Measured>& logs) {
  std::vector<std::string> known{"first", "zero", builtin::first_byte, builtin::power_on, builtin::last_byte};
  for (const Measured& measured : logs) {
    for (const MarkerPlan& marker : measured.profile.profile.plan.markers) known.push_back(marker.name);
  }
  if (origin.empty() || std::ranges::find(known, origin) != known.end()) return true;
  const std::string close = closest(origin, known);
  tell(Fault(Cause::mistake, "--origin", fmt::format("found \"{}\", expected first, zero or a marker", origin),
             close.empty() ? "" : fmt::format("did you mean {}?", close)));
  return false;
}

}  // namespace

int measure_command(const MeasureArguments& arguments) {
  const auto logs = read_all(arguments);
  if (!logs || !origin_is_known(arguments.origin, *logs)) return exit_code::usage;
  BenchFile bench;
  bench.name = "log";
  const auto result = judge(scenario_of(*logs), bench, boots_of(*logs), {.version = version});
  if (!result) {
    tell(result.error());
    return exit_code::usage;
  }
  const bool marked = arguments.json || print_markers(*logs, *result, arguments.origin);
  const bool shown = show_result(*result, {.json = arguments.json, .junit = {}});
  if (!marked || !shown) return exit_code::error;
  if (!all_show_something(*result)) return exit_code::nothing_ran;
  return exit_status(result->verdict);
}

}  // namespace coldboot
