#include "harness/cli/inputs.hpp"

#include "drivers/catalog.hpp"
#include "harness/bench/read_bench.hpp"
#include "harness/cli/project.hpp"
#include "harness/cli/telling.hpp"
#include "harness/file/document.hpp"
#include "harness/scenario/fit.hpp"
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
  if (!inputs.bench) return std::nullopt;
  const std::vector<Fault> misfits = check_fit(inputs.scenario, *inputs.bench);
  tell_all(misfits, {});
  if (!misfits.empty()) return std::nullopt;
  return inputs;
}

}  // namespace coldboot
