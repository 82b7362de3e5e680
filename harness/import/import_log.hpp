#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/result.hpp"
#include "harness/event/console_record.hpp"
#include "harness/import/stamp.hpp"
#include "harness/import/stamp_vote.hpp"

namespace coldboot {

/// What time the boot is counted from. (A marker as origin is a matter of measuring, not of reading.)
enum class LogOrigin {
  first_stamp,  ///< the first stamped line
  stamp_zero,   ///< 00:00:00 of a stopwatch or of `ts -s` that was started when power (or a guest) was switched on:
                ///< the record gets a PowerSwitched event there, and so the marker power-on
};

/// Which byte of a line a stamp tells the time of.
enum class StampedByte {
  first,  ///< the program wrote the stamp when the line began
  last,   ///< the program had to have the whole line before it wrote the stamp
};

struct ImportOptions {
  ForcedStamps stamps;                      ///< nothing forced: found out by a vote over the lines
  std::optional<StampedByte> stamped_byte;  ///< nothing: bracketed stamps first, bare ones (moreutils ts) last
  LogOrigin origin = LogOrigin::first_stamp;
  std::string console = "console";  ///< what the one console of the record is called
};

/// Where one line of the file went.
struct ImportedLine {
  std::uint64_t file_offset = 0;
  std::uint64_t raw_offset = 0;  ///< of its first byte behind the prefix, in the console's raw bytes
  std::uint32_t prefix = 0;      ///< bytes of the file that were the capturing tool's
  bool operator==(const ImportedLine&) const = default;
};

/// A log of another tool as a boot, and what was understood of it.
struct ImportedLog {
  std::string name;                 ///< as messages call the file
  BootRecord record;                ///< one console; its events stand at the origin
  std::vector<ImportedLine> lines;  ///< one for each line of the file
  StampScheme scheme;
  StampedByte stamped_byte = StampedByte::first;
  bool stopwatch = false;  ///< a clock that was started shortly before: its zero may be power on
  Instant origin{};
  std::string description;         ///< one line: lines, format, resolution, first and last stamp
  std::vector<std::string> notes;  ///< what had to be put right or is doubtful, with line numbers

  /// The line of the file, from 1, that raw byte `offset` stands in; 0 for an empty file.
  [[nodiscard]] std::size_t line_of(std::uint64_t offset) const;

  /// "boot.log:12" for a raw byte offset.
  [[nodiscard]] std::string place_of(std::uint64_t offset) const;
};

/// Reads a log captured by another tool. The bytes of the record are those of the file without the prefixes of
/// capturing tools; a kernel's own stamps stay. A stamped line's chunk arrives at its stamp (the true time lies in
/// [stamp, stamp + resolution)); a line without one is bounded by its stamped neighbours.
/// Faults: `mistake` for a forced format that no line has, an origin the stamps cannot have, UTF-16, a line over 4 GiB.
Result<ImportedLog> import_log(std::string_view bytes, std::string name, const ImportOptions& options = {});

}  // namespace coldboot
