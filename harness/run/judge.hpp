#pragma once

#include <string>
#include <vector>

#include "harness/bench/bench_file.hpp"
#include "harness/core/result.hpp"
#include "harness/event/console_record.hpp"
#include "harness/measure/record.hpp"
#include "harness/scenario/scenario.hpp"

namespace coldboot {

/// What a result says of its run beside what was measured.
struct RunHeader {
  std::string host;
  std::string version;
  std::string folder;
  std::string started_utc;
  Nanos took{};
  bool stopped = false;       ///< somebody asked to stop
  bool cut_off = false;       ///< the record ends before the run did
  std::vector<Fault> faults;  ///< of the bench, outside all boots
};

/// Measures boots and judges them by the scenario. The one way from records to a result: a run takes it at its end,
/// `coldboot report` takes it years later. Faults: `mistake` when a pattern or a limit of the scenario cannot be used.
Result<RunResult> judge(const Scenario& scenario, const BenchFile& bench, const std::vector<BootRecord>& boots,
                        const RunHeader& header);

}  // namespace coldboot
