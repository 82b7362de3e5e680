#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/event/console_record.hpp"

namespace coldboot {

/// A time in which a console said nothing, as its stamps prove it.
struct Gap {
  Instant from{};
  Instant to{};
  std::uint64_t offset = 0;  ///< of the first byte after it
  [[nodiscard]] Nanos length() const { return to - from; }
  bool operator==(const Gap&) const = default;
};

/// The gaps of one console in order: from `power_on`, where known, to its first byte, and between its bytes. Text that
/// has no stamp of its own may have come at any time between its neighbours, so nothing is claimed about that time.
std::vector<Gap> gaps_of(std::span<const Chunk> chunks, std::optional<Instant> power_on);

/// The longest part of a gap that lies in [from, to].
Nanos longest_silence(std::span<const Gap> gaps, Instant from, Instant to);

}  // namespace coldboot
