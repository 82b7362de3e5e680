#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/bench/bench_file.hpp"
#include "harness/bench/read_bench.hpp"
#include "harness/file/findings.hpp"
#include "harness/file/keys.hpp"

namespace coldboot {

/// Channels that a relay may have.
inline constexpr int most_channels = 128;

/// The `flash` of a bench as written; whether its lines and moves fit together is checked afterwards.
struct FlashDraft {
  DeviceEntry device;
  std::uint64_t size_bytes = 0;
  std::optional<GoldenEntry> golden;
  std::vector<keys::Entry<ContactEntry>> lines;
  std::optional<std::vector<keys::Placed<ChipMove>>> connect;
  std::optional<std::vector<keys::Placed<ChipMove>>> disconnect;
  std::optional<S5Entry> s5;
  std::optional<PressEntry> clear_cmos;
  std::optional<Nanos> discharge;
  Nanos boots_within = FlashEntry().boots_within;
};

keys::Type<FlashDraft> flash_type(const DriverTables& drivers);

/// Where the moves are not written, all lines are switched on in the order of their names, and off in the opposite
/// order of `connect`.
/// A mistake is a contact that switches something else of this bench too.
FlashEntry flash_entry(const FlashDraft& draft, const PowerEntry& power, Findings& findings);

}  // namespace coldboot
