#include "harness/measure/silence.hpp"

#include <algorithm>

namespace coldboot {

std::vector<Gap> gaps_of(std::span<const Chunk> chunks, std::optional<Instant> power_on) {
  std::vector<Gap> gaps;
  std::optional<Instant> quiet_since = power_on;
  for (const Chunk& chunk : chunks) {
    if (chunk.length == 0) continue;
    const Instant earliest = chunk.stamped ? chunk.arrival : chunk.not_before;
    const bool before_power = power_on && chunk.arrival <= *power_on;
    if (!before_power && quiet_since && earliest > *quiet_since) gaps.push_back({*quiet_since, earliest, chunk.offset});
    quiet_since = quiet_since ? std::max(*quiet_since, chunk.arrival) : chunk.arrival;
  }
  return gaps;
}

Nanos longest_silence(std::span<const Gap> gaps, Instant from, Instant to) {
  Nanos longest{};
  for (const Gap& gap : gaps) longest = std::max(longest, std::min(gap.to, to) - std::max(gap.from, from));
  return longest;
}

}  // namespace coldboot
