#pragma once

#include <filesystem>
#include <vector>

#include "harness/core/result.hpp"
#include "harness/event/console_record.hpp"
#include "harness/event/run_info.hpp"

namespace coldboot {

/// A run read back from its folder.
struct RunRecord {
  std::filesystem::path folder;
  RunInfo info;
  std::vector<Event> events;      ///< those that belong to no boot
  std::vector<BootRecord> boots;  ///< by number
  bool cut_off = false;           ///< the run did not end in good order
  std::vector<Fault> damage;      ///< what could not be read, also of its boots; the rest is valid
};

/// Reads a run folder, also one cut off at any byte of any file: a torn last line is left out, an index that speaks of
/// bytes that are not there is cut, bytes the index does not know become a last chunk without a stamp. A run.json that
/// cannot be read is `damage`. Faults: `missing` when the path is no folder or holds nothing of a run.
Result<RunRecord> read_run_folder(const std::filesystem::path& folder);

}  // namespace coldboot
