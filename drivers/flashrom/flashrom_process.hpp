#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "drivers/flashrom/flashrom_watch.hpp"

namespace coldboot {

/// One call of flashrom.
struct FlashromCall {
  FlashromTask task = FlashromTask::probe;
  std::string program = "flashrom";
  std::vector<std::string> arguments;
  std::filesystem::path directory;  ///< where it runs; empty: where we run
  FlashromLimits limits;
  int lock = -1;  ///< a lock of ours that is held for as long as flashrom lives, even if we should die
};

/// Runs flashrom as a process of its own, in a session of its own: a Ctrl-C is not for it, nor is the end of whoever
/// started us, and it goes on to its end when we are killed.
///
/// Before the chip is being erased, the deadline and a stop request end it. To see that it has not begun, it is halted
/// first: what it is about to do stands in its output by then. Once it has begun it is let run to its end, and only
/// when a stage takes longer than its limit is it taken for hung and killed.
///
/// Faults, with `program` as their place: `missing`, `refused`, `io` (it could not be started), `timeout`, `stopped`.
Result<FlashromEnd> run_flashrom(const FlashromCall& call, const Until& until,
                                 const std::function<void(const FlashProgress&)>& on_progress);

}  // namespace coldboot
