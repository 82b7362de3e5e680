#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/units.hpp"
#include "harness/event/event.hpp"

namespace coldboot {

/// Bytes that arrived together. Live: the stamp was taken right after the read returned.
struct Chunk {
  std::uint64_t offset = 0;  ///< into the raw bytes
  std::uint32_t length = 0;
  Instant arrival{};
  Instant not_before{};  ///< the previous read; for imported text without a stamp, the last stamp before it
  bool stamped = true;   ///< false: imported text whose own time is unknown, only bounded by
                         ///< [not_before, arrival]; arrival == Instant::max() when nothing stamped follows
  bool operator==(const Chunk&) const = default;
};

/// Everything one console said in one boot.
struct ConsoleRecord {
  std::string name;
  std::string raw;
  std::vector<Chunk> chunks;  ///< in order, without holes
  std::optional<LineRate> line;
  Nanos resolution{};  ///< see ConsoleOpened::resolution
  Nanos latency{};     ///< see ConsoleOpened::latency
};

/// One boot as it was recorded: its events and its consoles. What live boots, run folders of last year
/// and logs of other tools are all turned into before anything is measured.
struct BootRecord {
  int number = 0;
  std::string configuration;
  std::string bench;
  std::string profile;
  std::optional<Ending> after;  ///< how the boot before this one ended, where that is known
  std::vector<Event> events;
  std::vector<ConsoleRecord> consoles;
  bool cut_off = false;       ///< the record ends before the boot did
  std::vector<Fault> damage;  ///< what of the record can no longer be read
};

}  // namespace coldboot
