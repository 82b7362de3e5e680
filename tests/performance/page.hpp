#pragma once

#include <string>
#include <vector>

#include "tests/performance/measurements.hpp"

namespace coldboot::capture_bench {

/// All results of one machine.
struct Results {
  std::vector<Accuracy> accuracy;        ///< repeats
  std::vector<std::vector<Load>> racks;  ///< by number of consoles, then repeats
  std::vector<Load> flat_out;            ///< repeats
  std::vector<Nanos> first_byte;         ///< repeats of coldboot run, start to first byte; empty as help is
  std::vector<Nanos> cycles;             ///< what the harness adds to each of many boots
  FlashSteps flash;                      ///< empty as help is
  std::vector<Nanos> help;               ///< repeats of coldboot --help; empty when it was not measured
};

/// docs/performance.md.
std::string page_of(const Results& results);

}  // namespace coldboot::capture_bench
