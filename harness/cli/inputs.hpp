#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "harness/bench/bench_file.hpp"
#include "harness/core/result.hpp"
#include "harness/scenario/scenario.hpp"

namespace coldboot {

/// A scenario with the bench it runs on, both read and checked.
struct Inputs {
  Scenario scenario;
  std::optional<BenchFile> bench;  ///< nothing where neither scenario nor command line names one
};

/// Reads the scenario, and the bench that `bench` (else the scenario) names. Tells every mistake and warning; nothing
/// when there was a mistake.
std::optional<Inputs> read_inputs(const std::filesystem::path& scenario, const std::string& bench);

/// What the driver of a bench's medium can say of an image before power is switched.
Result<void> check_image(const BenchFile& bench, const std::string& medium, const std::filesystem::path& image);

}  // namespace coldboot
