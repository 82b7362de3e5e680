#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "harness/bench/bench_file.hpp"
#include "harness/bench/catalog.hpp"
#include "harness/bench/lease.hpp"
#include "harness/core/result.hpp"
#include "harness/event/event.hpp"
#include "harness/measure/record.hpp"
#include "harness/scenario/scenario.hpp"

namespace coldboot {

/// Watches a run while it goes on. Called from the threads of the run, often under a lock: hand on, return.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void event(const Event& event) = 0;
  virtual void console_bytes(const std::string& console, std::string_view bytes) = 0;
};

/// A report to be written into the run folder: the name of the file and what makes its text of the result.
struct ReportFile {
  std::string name;
  std::function<std::string(const RunResult&)> text;
};

struct RunRequest {
  Scenario scenario;
  BenchFile bench;
  Catalog catalog;
  LeaseRequest lease;
  std::vector<std::string> guardian;  ///< the command that guards the bench (guard.hpp); empty: nobody does
  std::filesystem::path out;          ///< the run folder is made in here
  std::string version;                ///< of coldboot
  std::vector<ReportFile> reports;
  RunObserver* observer = nullptr;  ///< may be null
  std::stop_token stop;
  std::function<StopRequested()> why_stopped;  ///< asked once `stop` was requested
};

struct RunOutcome {
  RunResult result;
  std::filesystem::path folder;
  std::vector<Fault> faults;  ///< what kept the record or a report from being written
};

/// Makes every boot of a scenario on a bench, measures, judges, writes the run folder. Faults: only what keeps a run
/// from beginning (`busy`, `mistake`, `io`, ...); everything later is in the result, and the bench is safe.
Result<RunOutcome> run_scenario(const RunRequest& request);

}  // namespace coldboot
