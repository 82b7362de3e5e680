#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "drivers/replay/recording.hpp"

namespace coldboot {

// What may be made to go wrong in a recording, so that scenarios, profiles and the harness itself can be tried
// against boards in trouble. Byte counts are over all consoles of the recording, in order of time.

/// The board hangs: nothing comes after this many bytes, whatever is typed.
struct StopAtByte {
  std::uint64_t byte = 0;
};

/// The board resets by itself: at this time it starts again from the beginning (once).
struct ResetAt {
  Nanos at{};
};

/// Bytes that are not in the recording appear at this byte; made from the seed, the same every time.
struct Garbage {
  std::uint64_t byte = 0;
  std::uint32_t length = 64;
  std::uint32_t seed = 1;
};

/// Bytes get lost, as a receiver that overruns loses them.
struct Loss {
  std::uint64_t byte = 0;
  std::uint32_t length = 1;
};

/// Time runs slower between two times of the recording: everything in it takes `factor` times as long.
struct Stretch {
  Nanos from{};
  Nanos to{};
  double factor = 1;
};

using ReplayFault = std::variant<StopAtByte, ResetAt, Garbage, Loss, Stretch>;

/// The recording with the faults applied in order. Byte and time positions are those of the recording as the
/// earlier faults left it; times and ResetAt count in the first segment (from power-on). `where` is the recording, for
/// the fault: `mistake` for a byte beyond its end.
Result<Recording> with_faults(Recording recording, const std::vector<ReplayFault>& faults, const std::string& where);

}  // namespace coldboot
