#pragma once

#include <string>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// Takes this process out of the systemd unit it was started in, into a scope of that name: whoever stops the unit
/// leaves it alone then. Asks systemd itself (org.freedesktop.systemd1.Manager.StartTransientUnit) by busctl: the
/// system's, and where that refuses, this user's. Faults: `missing` (no busctl), `refused` (no systemd, or it will not:
/// says why), `timeout`, `stopped`, `io`.
Result<void> move_to_own_scope(const std::string& name, const Until& until);

}  // namespace coldboot
