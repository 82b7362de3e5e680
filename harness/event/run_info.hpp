#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// Wall-clock time, only ever a label for people.
using UtcTime = std::chrono::sys_time<Nanos>;

/// Ties the run's monotonic time line to the wall clock: `utc` was read when the monotonic clock showed `origin`.
struct Anchor {
  UtcTime utc{};
  Instant origin{};
  bool operator==(const Anchor&) const = default;
};

/// A file the run depended on, as it was when the run began.
struct InputRecord {
  std::string path;    ///< as the run was given it
  std::string copy;    ///< below the run folder; empty where the file was too large to copy
  std::string sha256;  ///< of its bytes, lower-case hex
  std::uint64_t bytes = 0;
  bool operator==(const InputRecord&) const = default;
};

/// What is known of a run before anything is switched on: run.json.
struct RunInfo {
  std::string scenario;
  std::string title;
  std::string requirement;
  std::string host;
  std::string version;  ///< of coldboot
  int boots = 0;        ///< planned of each configuration; 0 where not known
  Anchor anchor;
  std::vector<InputRecord> inputs;
  std::optional<Instant> ended;  ///< when the folder was closed in good order; nothing: it was cut off
  bool operator==(const RunInfo&) const = default;
};

/// run.json and back. Faults: `protocol`, naming what is wrong.
std::string encode_run_info(const RunInfo& info);
Result<RunInfo> decode_run_info(std::string_view json);

/// "2026-11-22T10:20:30Z", whole seconds.
std::string utc_text(UtcTime time);

/// SHA-256 of a file, lower-case hex. Faults: `missing`, `io`.
Result<std::string> sha256_of(const std::filesystem::path& file);

}  // namespace coldboot
