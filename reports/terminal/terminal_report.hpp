#pragma once

#include <string>

#include "harness/measure/record.hpp"
#include "reports/terminal/style.hpp"

namespace coldboot {

/// The run for a person at a terminal: what was booted, stage by stage, where it was silent, what went wrong, each
/// limit, and in the last line the verdict and the run folder. Without colour it holds no control sequence.
std::string terminal_report(const RunResult& run, const TerminalStyle& style);

}  // namespace coldboot
