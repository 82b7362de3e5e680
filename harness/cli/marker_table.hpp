#pragma once

#include <string>

#include "harness/measure/record.hpp"

namespace coldboot {

/// The markers and failures of one boot, a line each: line of the log, time since the origin, time since the row
/// above, name, text. A time that is only bounded is shown as its bounds, one that is unknown as a dash.
/// Time counts from the marker `from` when the boot has it, else from `origin`.
std::string marker_table(const BootResult& boot, Instant origin, const std::string& from);

}  // namespace coldboot
