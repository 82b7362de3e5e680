#include "harness/core/clock.hpp"

namespace coldboot {

bool SteadyClock::wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Instant deadline,
                             const std::function<bool()>& ready) {
  // A condition variable overflows on a deadline at the end of time; a day at a time does not.
  constexpr auto longest = std::chrono::hours(24);
  while (!ready()) {
    const Instant current = now();
    if (current >= deadline) return false;
    const Instant next = deadline - current > longest ? current + longest : deadline;
    changed.wait_until(lock, next);
  }
  return true;
}

}  // namespace coldboot
