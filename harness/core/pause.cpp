#include "harness/core/pause.hpp"

#include <algorithm>

namespace coldboot {

Result<void> let_pass(Clock& clock, Nanos length, const Until& until, const std::string& where) {
  const Instant start = clock.now();
  const bool fits = until.deadline >= start && length <= until.deadline - start;
  const Instant end = fits ? start + length : until.deadline;
  std::mutex mutex;
  std::condition_variable changed;
  const std::stop_callback wake(until.stop, [&] {
    const std::lock_guard lock(mutex);  // so that a waiter who has not begun to wait does not miss it
    changed.notify_all();
  });
  std::unique_lock lock(mutex);
  if (clock.wait_until(lock, changed, end, [&] { return until.stop.stop_requested(); }))
    return Fault(Cause::stopped, where, "asked to stop");
  if (!fits) return Fault(Cause::timeout, where, "no time is left to wait");
  return {};
}

}  // namespace coldboot
