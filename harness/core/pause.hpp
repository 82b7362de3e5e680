#pragma once

#include <string>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// Lets `length` pass on the clock. Faults, with `where` as their place: `timeout` when `until` comes first, `stopped`
/// when somebody asks to stop.
Result<void> let_pass(Clock& clock, Nanos length, const Until& until, const std::string& where);

}  // namespace coldboot
