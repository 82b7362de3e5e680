#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

struct ChildOptions {
  std::filesystem::path directory;                    ///< where it runs; empty: where we run
  std::string input;                                  ///< its standard input; empty: nothing, as from /dev/null
  std::size_t most_output = 1 << 20;                  ///< bytes of output kept: the first and the last half of this
  std::chrono::milliseconds grace{2000};              ///< between being asked to end and being killed
  std::function<void(std::string_view)> on_output{};  ///< each piece of output as it comes, uncut, on this thread
};

struct ChildResult {
  int exit_status = 0;             ///< 0..255 as it returned it, or 128 + the signal that ended it
  std::string output;              ///< standard output and error as they came; a note stands where bytes were cut
  std::uint64_t output_bytes = 0;  ///< how much it wrote in all
  Instant started{};               ///< just before it was started
  Instant ended{};                 ///< when its end was noticed
};

/// Runs a program, never through a shell, and returns when it has ended. argv[0] is looked up in PATH.
///
/// It gets a process group of its own, default signals, and no descriptor of ours. Whatever it left running in that
/// group is killed when it ends, so that nothing talks to a device behind the bench's back.
/// At the deadline or on a stop request the group gets SIGTERM and, after the grace time, SIGKILL.
/// Faults: `missing` (no such program or directory), `refused` (it may not be run), `timeout`, `stopped`, `io`.
Result<ChildResult> run_child(const std::vector<std::string>& argv, const Until& until,
                              const ChildOptions& options = {});

}  // namespace coldboot
