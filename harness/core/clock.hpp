#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>

namespace coldboot {

using Nanos = std::chrono::nanoseconds;

/// A point on the one monotonic time line of a run. Only differences mean anything.
using Instant = std::chrono::time_point<std::chrono::steady_clock, Nanos>;

/// Where time comes from. Every part that stamps or waits is handed one, so that the same code runs
/// on a rack (`SteadyClock`) and in a replay whose hours pass in seconds (`VirtualClock`).
class Clock {
 public:
  virtual ~Clock() = default;

  [[nodiscard]] virtual Instant now() const = 0;

  /// Waits on `changed` (with `lock` held, as a condition variable does) until `ready()` is true or
  /// `deadline` has passed on this clock. Returns what `ready()` says at the end.
  virtual bool wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Instant deadline,
                          const std::function<bool()>& ready) = 0;
};

/// The machine's monotonic clock.
class SteadyClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return std::chrono::steady_clock::now(); }
  bool wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Instant deadline,
                  const std::function<bool()>& ready) override;
};

/// How long a call may take: until a point in time, or until somebody asks to stop.
struct Until {
  Instant deadline = Instant::max();
  std::stop_token stop;

  Until() = default;
  explicit Until(Instant at, std::stop_token token = {}) : deadline(at), stop(std::move(token)) {}
};

}  // namespace coldboot
