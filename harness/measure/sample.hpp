#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/measure/record.hpp"

namespace coldboot {

inline constexpr double endless = std::numeric_limits<double>::infinity();

/// A number and the interval it is known to lie in. Seconds, or a plain number.
struct Interval {
  double value = 0;
  double lower = 0;
  double upper = 0;
  bool operator==(const Interval&) const = default;
};

/// The median of the values and of their bounds; of an even number the mean of the middle two. Not empty.
Interval median_of(std::span<const Interval> values);

/// The quantity `name` of a boot: a span, a measurement or a range; a measurement wins where both carry the name.
/// Nothing when the boot does not know it.
const SpanTime* find_quantity(const BootResult& boot, std::string_view name);

/// Whether a boot says something about its DUT: it was neither lost to the bench, nor cut short, nor skipped.
bool counts(const BootResult& boot);

/// What a time is known to be. A DUT that never got there took endlessly long.
Interval interval_of(const SpanTime& time);

}  // namespace coldboot
