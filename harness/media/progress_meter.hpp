#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "harness/core/clock.hpp"
#include "harness/device/boot_medium.hpp"

namespace coldboot {

/// Turns bytes done into what people want to know, ten times a second at most.
class ProgressMeter {
 public:
  ProgressMeter(const Clock& clock, const BootMedium::Tell& tell, MediumProgress::Doing doing,
                std::optional<std::uint64_t> total)
      : clock_(clock), tell_(tell), begun_(clock.now()) {
    progress_.doing = doing;
    progress_.total = total;
  }

  /// `share`: how much of the whole that is, from 0 to 1, as far as can be told.
  void at(std::uint64_t done, double share) {
    progress_.done = done;
    if (progress_.total && done > *progress_.total) progress_.total.reset();  // its head promised less
    const Instant now = clock_.now();
    if (told_ && now - *told_ < pause) return;
    show(now, share);
  }

  void end() {
    progress_.total = progress_.done;
    show(clock_.now(), 1.0);
  }

 private:
  static constexpr Nanos pause = std::chrono::milliseconds(100);

  void show(Instant now, double share) {
    told_ = now;
    if (!tell_) return;
    const std::chrono::duration<double> took = now - begun_;
    progress_.bytes_per_second = took.count() > 0 ? static_cast<double>(progress_.done) / took.count() : 0;
    progress_.left.reset();
    if (share > 0 && share <= 1) progress_.left = std::chrono::duration_cast<Nanos>(took * ((1 - share) / share));
    tell_(progress_);
  }

  const Clock& clock_;
  const BootMedium::Tell& tell_;
  Instant begun_;
  std::optional<Instant> told_;
  MediumProgress progress_;
};

}  // namespace coldboot
