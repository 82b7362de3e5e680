#include "harness/cli/inputs.hpp"

#include <algorithm>

#include "drivers/catalog.hpp"
#include "harness/bench/golden_image.hpp"
#include "harness/cli/bench_use.hpp"
#include "harness/cli/project.hpp"
#include "harness/cli/telling.hpp"
#include "harness/flashing/chip_job.hpp"
#include "harness/scenario/fit.hpp"
#include "harness/scenario/read_scenario.hpp"

namespace coldboot {
namespace {

bool flashes(const Scenario& scenario) {
  return std::ranges::any_of(scenario.configurations, [](const Configuration& configuration) {
    if (configuration.boot.contains(firmware_medium)) return true;
    return std::ranges::any_of(configuration.steps, [](const Step& step) {
      return std::holds_alternative<FlashStep>(step.what) || std::holds_alternative<RecoverStep>(step.what);
    });
  });
}

std::vector<Fault> check_images(const Scenario& scenario, const BenchFile& bench) {
  std::vector<Fault> wrong;
  for (const Configuration& configuration : scenario.configurations) {
    for (const auto& [medium, image] : configuration.boot) {
      if (const auto good = check_image(bench, medium, image); !good) wrong.push_back(good.error());
    }
  }
  if (wrong.empty() && flashes(scenario) && bench.flash && bench.flash->golden) {
    const auto golden = golden_image(bench);
    if (!golden) wrong.push_back(golden.error().within("the bench's golden image"));
  }
  return wrong;
}

}  // namespace

Result<void> check_image(const BenchFile& bench, const std::string& medium, const std::filesystem::path& image) {
  const auto entry = bench.media.find(medium);
  if (entry == bench.media.end()) {  // the firmware chip
    const auto fits = fitting_image(image, bench);
    return fits ? Result<void>() : fits.error();
  }
  const Catalog catalog = driver_catalog();
  const auto kind = std::ranges::find(catalog.media, entry->second.driver, &Catalog::Kind<BootMedium>::name);
  if (kind == catalog.media.end() || kind->check_image == nullptr) return {};
  return kind->check_image(image, bench);
}

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
