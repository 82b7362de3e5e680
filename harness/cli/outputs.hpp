#pragma once

#include <filesystem>
#include <vector>

#include "harness/measure/record.hpp"
#include "harness/run/run.hpp"

namespace coldboot {

/// The reports every run folder holds.
std::vector<ReportFile> run_folder_reports();

struct OutputChoice {
  bool json = false;            ///< JSON on standard output instead of the tables
  std::filesystem::path junit;  ///< where else to put the JUnit file; empty: nowhere
};

/// Shows a result on standard output. False when something could not be written, which has been told.
bool show_result(const RunResult& result, const OutputChoice& choice);

}  // namespace coldboot
