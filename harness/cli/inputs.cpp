#include "harness/cli/inputs.hpp"

#include <fmt/format.h>

#include "drivers/catalog.hpp"
#include "harness/bench/read_bench.hpp"
#include "harness/cli/project.hpp"
#include "harness/cli/telling.hpp"
#include "harness/file/document.hpp"
#include "harness/scenario/read_scenario.hpp"

namespace coldboot {
namespace {

std::optional<BenchFile> read_named_bench(const std::string& name, const std::filesystem::path& beside,
                                          const ProjectFolders& project) {
  const auto file = find_file(Kind::bench, name, beside, project.benches);
  if (!file) {
    tell(file.error());
    return std::nullopt;
  }
  const Reading<BenchFile> bench = read_bench(*file, driver_catalog().tables());
  tell_all(bench.mistakes, bench.warnings);
  return bench.value;
}

/// What a configuration boots from must be a medium of the bench.
bool bench_has_media(const Scenario& scenario, const BenchFile& bench) {
  bool all = true;
  for (const Configuration& configuration : scenario.configurations) {
    for (const auto& [medium, image] : configuration.boot) {
      if (bench.media.contains(medium)) continue;
      all = false;
      tell(Fault(Cause::mistake, configuration.place.text(),
                 fmt::format("configuration {} boots from \"{}\", which bench {} does not have", configuration.name,
                             medium, bench.name),
                 fmt::format("add it under `media` in {}", bench.file.string())));
    }
  }
  return all;
}

}  // namespace

std::optional<Inputs> read_inputs(const std::filesystem::path& scenario_file, const std::string& bench_name) {
  const std::filesystem::path beside = scenario_file.parent_path();
  const ProjectFolders project = project_around(beside.empty() ? "." : beside);
  Reading<Scenario> scenario = read_scenario(scenario_file, project.profiles);
  tell_all(scenario.mistakes, scenario.warnings);
  if (!scenario) return std::nullopt;
  Inputs inputs{std::move(*scenario), std::nullopt};
  const std::string& name = bench_name.empty() ? inputs.scenario.bench : bench_name;
  if (name.empty()) return inputs;
  inputs.bench = read_named_bench(name, bench_name.empty() ? beside : std::filesystem::path("."), project);
  if (!inputs.bench || !bench_has_media(inputs.scenario, *inputs.bench)) return std::nullopt;
  return inputs;
}

}  // namespace coldboot
