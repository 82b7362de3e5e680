#pragma once

#include <string>

#include "harness/measure/record.hpp"
#include "reports/terminal/style.hpp"

namespace coldboot {

/// Stages and measurements of all configurations beside each other: medians, below them lowest..highest where more than
/// one boot stands behind them. Two configurations: difference and ratio too. More: a second table for those. As many
/// digits as the smallest uncertainty allows; a dash where a stage does not apply.
std::string stage_table(const RunResult& run, const TerminalStyle& style);

/// Seconds with `digits` after the point, without a unit: "81.97".
std::string plain_seconds(Nanos duration, int digits);

/// How many digits after the point the run's uncertainty allows: 1 to 3.
int digits_of(const RunResult& run);

}  // namespace coldboot
