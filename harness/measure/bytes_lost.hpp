#pragma once

#include <vector>

#include "harness/core/result.hpp"
#include "harness/event/console_record.hpp"

namespace coldboot {

/// What consoles' ports lost or garbled while the DUT had power: one fault for each console. Overruns count from the
/// moment power came on. Wrong bytes do only from a second later and until power is switched off again, for a line
/// whose sender gains or loses power makes some at every boot.
std::vector<Fault> bytes_lost(const BootRecord& record);

}  // namespace coldboot
