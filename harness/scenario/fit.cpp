#include "harness/scenario/fit.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/file/findings.hpp"

namespace coldboot {
namespace {

std::set<std::string> consoles_of(const BootPlan& plan) {
  std::set<std::string> names = {plan.console};
  for (const MarkerPlan& marker : plan.markers) names.insert(marker.console);
  for (const FailurePlan& failure : plan.failures) names.insert(failure.console);
  names.erase("");  // the main one, which every bench has
  return names;
}

void check_console(const std::string& name, const Place& place, const BenchFile& bench, Findings& findings) {
  std::vector<std::string> known;
  for (const ConsoleEntry& console : bench.consoles) known.push_back(console.name);
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  findings.mistake(place, fmt::format("found the console {}, expected one that bench {} has: {}", name, bench.name,
                                      fmt::join(known, ", ")));
}

/// What is put on a medium is looked for here and not when the scenario is read, because a recorded run is measured
/// again long after its images are gone.
void check_image(const std::string& medium, const std::filesystem::path& image, const Place& place,
                 Findings& findings) {
  std::error_code error;
  if (std::filesystem::exists(image, error)) return;
  findings.mistake(place, fmt::format("found no file {}, expected what to put on {}", image.string(), medium));
}

void check_medium(const std::string& name, bool may_be_flash, const Place& place, const BenchFile& bench,
                  Findings& findings) {
  if (bench.media.contains(name)) return;
  std::vector<std::string> known;
  for (const auto& [medium, entry] : bench.media) known.push_back(medium);
  if (bench.flash && may_be_flash && !bench.media.contains(firmware_medium)) known.emplace_back(firmware_medium);
  findings.mistake(place, fmt::format("found the medium {}, expected one that bench {} has: {}", name, bench.name,
                                      known.empty() ? "it has none" : fmt::format("{}", fmt::join(known, ", "))));
}

/// The firmware chip is a medium too, by the name `flash`, where the bench has no other of that name.
bool is_the_chip(const std::string& medium, const BenchFile& bench) {
  return medium == firmware_medium && bench.flash && !bench.media.contains(medium);
}

void check_step(const Step& step, const BenchFile& bench, Findings& findings) {
  if (const auto* send = std::get_if<SendStep>(&step.what); send != nullptr && !send->console.empty()) {
    check_console(send->console, step.place, bench, findings);
  }
  if (const auto* media = std::get_if<MediaStep>(&step.what)) {
    check_medium(media->medium, false, step.place, bench, findings);
    check_image(media->medium, media->image, step.place, findings);
  }
  const auto* flash = std::get_if<FlashStep>(&step.what);
  const bool recovers = std::holds_alternative<RecoverStep>(step.what);
  if ((flash != nullptr || recovers) && !bench.flash) {
    findings.mistake(step.place,
                     fmt::format("found a step for the firmware chip, expected a bench with `flash`: {} has "
                                 "none",
                                 bench.name));
  } else if (recovers && !bench.flash->golden) {
    findings.mistake(step.place, fmt::format("found recover, expected a bench with a golden image (flash: golden): {} "
                                             "names none",
                                             bench.name));
  }
  if (flash != nullptr) check_image("the firmware chip", flash->image, step.place, findings);
}

}  // namespace

std::vector<Fault> check_fit(const Scenario& scenario, const BenchFile& bench) {
  Findings findings;
  for (const Configuration& configuration : scenario.configurations) {
    for (const auto& [medium, image] : configuration.boot) {
      if (!is_the_chip(medium, bench)) check_medium(medium, true, configuration.place, bench, findings);
      check_image(medium, image, configuration.place, findings);
    }
    for (const std::string& name : consoles_of(configuration.plan)) {
      check_console(name, configuration.place, bench, findings);
    }
    for (const Step& step : configuration.steps) check_step(step, bench, findings);
  }
  return findings.mistakes();
}

}  // namespace coldboot
