#include "harness/cli/inputs.hpp"

#include "drivers/catalog.hpp"
#include "harness/cli/bench_use.hpp"
#include "harness/cli/project.hpp"
#include "harness/cli/telling.hpp"
#include "harness/flashing/chip_job.hpp"
#include "harness/scenario/fit.hpp"
#include "harness/scenario/read_scenario.hpp"

namespace coldboot {
namespace {

/// What a driver can say of the images of its medium before power is switched.
std::vector<Fault> check_images(const Scenario& scenario, const BenchFile& bench) {
  const Catalog catalog = driver_catalog();
  std::vector<Fault> wrong;
  for (const Configuration& configuration : scenario.configurations) {
    for (const auto& [medium, image] : configuration.boot) {
      const auto device = bench.media.find(medium);
      if (device == bench.media.end()) {  // the firmware chip
        if (const auto fits = fitting_image(image, bench); !fits) wrong.push_back(fits.error());
        continue;
      }
      for (const auto& kind : catalog.media) {
        if (kind.name != device->second.driver || kind.check_image == nullptr) continue;
        if (const auto good = kind.check_image(image, bench); !good) wrong.push_back(good.error());
      }
    }
  }
  return wrong;
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
  inputs.bench = bench_called(name, bench_name.empty() ? scenario_file : std::filesystem::path("."), project);
  if (!inputs.bench) return std::nullopt;
  std::vector<Fault> misfits = check_fit(inputs.scenario, *inputs.bench);
  if (misfits.empty()) misfits = check_images(inputs.scenario, *inputs.bench);
  tell_all(misfits, {});
  if (!misfits.empty()) return std::nullopt;
  return inputs;
}

}  // namespace coldboot
