#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/event/boot_plan.hpp"
#include "harness/event/event.hpp"
#include "harness/event/hit.hpp"
#include "harness/measure/record.hpp"
#include "harness/measure/silence.hpp"

namespace coldboot {

/// What a boot's record says about how good its times are.
struct TimeBasis {
  std::optional<PowerSwitched> power_on;  ///< the call that gave t0
  Nanos supply_delay{};
  std::optional<Instant> gave_up;  ///< when a deadline ended the waiting
  std::string main_console;
  std::map<std::string, Nanos> resolution;       ///< of the stamps of each console
  std::map<std::string, Nanos> latency;          ///< the most each console's adapter holds bytes back
  std::map<std::string, std::vector<Gap>> gaps;  ///< of each console
  std::vector<UncertaintyTerm> stamp_terms;      ///< what every console stamp may be late by
  double clock_ppm = 0;
};

/// The time from the first hit of span.from to the first hit of span.to after it, with everything that makes it
/// uncertain: `lower` and `upper` are worst cases, the sum of all bounds. A span that began and whose end the deadline
/// cut off is censored.
SpanTime time_span(const SpanPlan& span, std::span<const MarkerHit> hits, const TimeBasis& basis);

/// Half width of a time, expanded with k = 2: twice the root of the sum of squares of bound / sqrt(12). GUM (JCGM
/// 100:2008), 4.3.7 and 6.2.
Nanos expanded_uncertainty(std::span<const UncertaintyTerm> budget);

}  // namespace coldboot
