#pragma once

#include <filesystem>
#include <string>

#include "harness/bench/catalog.hpp"
#include "harness/core/clock.hpp"

namespace coldboot {

// The guardian's own process. What it is given: on standard input a GuardOrder as JSON; as descriptor 3 the bench's
// lock, as 4 one end of a SOCK_SEQPACKET pair, as 5 a pidfd of the run. It says "ready" or why it cannot guard; then it
// hears "beat", "folder PATH" and at the end "done". When the other end closes without "done", or is silent for too
// long, it acts.

namespace guard {
inline constexpr int lock_descriptor = 3;
inline constexpr int line_descriptor = 4;
inline constexpr int run_descriptor = 5;
inline constexpr Nanos beat_every = std::chrono::milliseconds(500);
inline constexpr Nanos silent_for = std::chrono::seconds(10);
}  // namespace guard

/// What a guardian guards.
struct GuardOrder {
  std::string bench_text;       ///< the bench file as the run read it
  std::filesystem::path bench;  ///< and where it stands
};

std::string encode_order(const GuardOrder& order);

/// Guards until it is dismissed or has acted; returns the exit status of the process.
int keep_guard(const Catalog& catalog);

}  // namespace coldboot
