#pragma once

#include <string>

#include "harness/bench/bench_file.hpp"
#include "harness/scenario/scenario.hpp"

namespace coldboot {

/// The plan in words, as `coldboot check` prints it: configurations, boots, steps, what is measured and accepted.
/// `bench` may be null where none is known yet.
std::string explain(const Scenario& scenario, const BenchFile* bench);

}  // namespace coldboot
