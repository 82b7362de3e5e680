#pragma once

#include "harness/bench/bench_file.hpp"
#include "harness/core/clock.hpp"
#include "harness/scenario/scenario.hpp"

namespace coldboot {

/// How long a scenario may take when every wait lasts to its limit, boots that are made again not counted. What the
/// harness and the devices take themselves comes on top of it. `bench` may be null: its pauses are not counted then.
Nanos longest(const Scenario& scenario, const BenchFile* bench);

}  // namespace coldboot
