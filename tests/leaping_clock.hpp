#pragma once

#include <condition_variable>
#include <mutex>

#include "harness/core/clock.hpp"

namespace coldboot {

/// The machine's clock for who does something, and none for who only waits: a wait is over at once, and later it is.
class LeapingClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override {
    const std::lock_guard guard(mutex_);
    return std::chrono::steady_clock::now() + leapt_;
  }

  bool wait_until(std::unique_lock<std::mutex>&, std::condition_variable&, Instant deadline,
                  const std::function<bool()>& ready) override {
    if (ready()) return true;
    const std::lock_guard guard(mutex_);
    const Nanos left = deadline - (std::chrono::steady_clock::now() + leapt_);
    if (left > Nanos(0)) leapt_ += left;
    return false;
  }

  void leap(Nanos length) {
    const std::lock_guard guard(mutex_);
    leapt_ += length;
  }

 private:
  mutable std::mutex mutex_;  // guards leapt_
  Nanos leapt_{};
};

}  // namespace coldboot
