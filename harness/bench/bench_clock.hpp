#pragma once

#include <memory>

#include "harness/bench/bench_file.hpp"
#include "harness/core/clock.hpp"
#include "harness/core/virtual_clock.hpp"

namespace coldboot {

/// The clock of a bench: the host's, or for `pace: replay` one that only moves when somebody waits.
class BenchClock {
 public:
  explicit BenchClock(Pace pace) {
    if (pace == Pace::replay) {
      auto clock = std::make_unique<VirtualClock>();
      virtual_ = clock.get();
      clock_ = std::move(clock);
    } else {
      clock_ = std::make_unique<SteadyClock>();
    }
  }

  [[nodiscard]] Clock& get() const { return *clock_; }
  /// The same clock where it is a virtual one; null at real pace.
  [[nodiscard]] VirtualClock* get_virtual() const { return virtual_; }

 private:
  std::unique_ptr<Clock> clock_;
  VirtualClock* virtual_ = nullptr;
};

}  // namespace coldboot
