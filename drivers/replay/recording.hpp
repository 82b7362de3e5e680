#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// Bytes a recorded board prints at one instant.
struct Emission {
  Nanos at{};           ///< since the segment began
  std::string console;  ///< empty: whichever is the bench's main console
  std::string bytes;
  bool operator==(const Emission&) const = default;
};

/// A stretch of a recording whose times count from one instant: power on for the first segment, for every other one
/// the moment in which the last byte of `await` was typed.
struct Segment {
  std::string await;    ///< text the board waits for; empty for the first segment
  std::string console;  ///< where it must be typed; empty: any
  bool echo = true;     ///< the board repeats what is typed while it waits
  std::vector<Emission> emissions;
  bool operator==(const Segment&) const = default;
};

/// A boot to be played back as a board.
struct Recording {
  Nanos resolution{};  ///< how coarse its times are; 0 when they are exact
  std::vector<Segment> segments;
  bool operator==(const Recording&) const = default;
};

/// The consoles it names: all but the main one.
std::set<std::string> consoles_of(const Recording& recording);

/// Reads a recording: a `recording/1` file (script of time and text, perhaps with faults), the folder of a recorded
/// boot, or a log with time stamps. Faults: `missing`, `mistake` with the place in the file.
Result<Recording> load_recording(const std::filesystem::path& path);

}  // namespace coldboot
