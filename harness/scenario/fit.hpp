#pragma once

#include <vector>

#include "harness/bench/bench_file.hpp"
#include "harness/core/result.hpp"
#include "harness/scenario/scenario.hpp"

namespace coldboot {

/// Whether a scenario can run on a bench: it has the media and consoles the scenario names. Empty where it fits; else
/// one `mistake` for each thing that is missing, placed in the scenario.
std::vector<Fault> check_fit(const Scenario& scenario, const BenchFile& bench);

}  // namespace coldboot
