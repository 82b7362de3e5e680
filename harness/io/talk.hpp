#pragma once

#include <string>
#include <string_view>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

// Sending to and receiving from a device over a non-blocking descriptor: a serial line, a socket. Both end at the
// deadline (on the machine's clock) or when somebody asks to stop. Faults carry `where`: `lost` when the other side is
// gone, `io`, `timeout`, `stopped`.

/// Returns when the system has taken every byte.
Result<void> send_bytes(int descriptor, std::string_view bytes, const Until& until, const std::string& where);

/// What there is, at least one byte and at most a few thousand.
Result<std::string> receive_bytes(int descriptor, const Until& until, const std::string& where);

}  // namespace coldboot
