#pragma once

#include <cstdint>

#include "harness/core/clock.hpp"

namespace coldboot {

// Instants on disk: nanoseconds since the run's origin.

/// No run lasts longer; anything beyond is damage, and refusing it keeps later arithmetic from overflowing.
inline constexpr std::int64_t longest_time_ns = std::int64_t{100} * 365 * 24 * 3600 * 1'000'000'000;

[[nodiscard]] constexpr std::int64_t ns_since(Instant origin, Instant at) {
  // Unsigned on purpose: an instant nobody set may be far from the origin, and wrapping loses nothing.
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(at.time_since_epoch().count()) -
                                   static_cast<std::uint64_t>(origin.time_since_epoch().count()));
}

[[nodiscard]] constexpr bool is_plausible_ns(std::int64_t ns) {
  return ns >= -longest_time_ns && ns <= longest_time_ns;
}

/// The instant `ns` after `origin`; both plausible.
[[nodiscard]] constexpr Instant instant_at(Instant origin, std::int64_t ns) {
  return origin + Nanos(ns);
}

}  // namespace coldboot
