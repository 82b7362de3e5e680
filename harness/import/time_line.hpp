#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/import/stamp_vote.hpp"

namespace coldboot {

/// The stamp of one line, as written.
struct LineStamp {
  std::size_t line = 0;  ///< from 1
  Nanos value{};
};

/// The time of one line on a line of time that never runs backwards.
struct LineTime {
  std::size_t line = 0;  ///< from 1
  Nanos at{};            ///< since the stamps' own zero
};

/// Stamps put in order.
struct TimeLine {
  std::vector<LineTime> times;     ///< of the lines whose stamp was believed, in order of lines
  std::vector<std::string> notes;  ///< for people: what had to be put right, with line numbers
};

/// Makes one line of time out of stamps:
/// - a clock that falls by more than half its period has passed midnight (a date without a year: the new year);
/// - a stamp at most a second early is taken as simultaneous with the one before it;
/// - one stamp that disagrees with both its neighbours is left out;
/// - where a clock was set back, time goes on from the stamp before, the line itself gets no time, and a note says so;
/// - where a kernel's stamps restart at zero another boot began: from there on no line gets a time.
TimeLine put_in_order(const std::vector<LineStamp>& stamps, const StampScheme& scheme);

}  // namespace coldboot
