#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "harness/core/clock.hpp"

namespace coldboot {

/// Something that acts at times it knows beforehand: a board that plays a recording.
class TimedSource {
 public:
  virtual ~TimedSource() = default;

  /// When it acts next; nothing when it waits for something else. Called under the lock of whoever waits.
  [[nodiscard]] virtual std::optional<Instant> next() = 0;

  /// Does what is due at `now`.
  virtual void act(Instant now) = 0;
};

/// A clock for boards that are played back: time stands still while anybody works and jumps to the next thing due
/// when the one thread that drives the run waits. So hours pass in seconds, with exact times.
///
/// Exactly one thread may wait on it at a time; that thread performs the sources' actions. After each action the
/// settle function is called, which returns once everybody has taken in what the action did.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(Instant start = Instant(std::chrono::seconds(1))) : now_(start) {}

  [[nodiscard]] Instant now() const override;
  bool wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Instant deadline,
                  const std::function<bool()>& ready) override;

  void add(TimedSource& source);
  void remove(TimedSource& source);
  void on_settle(std::function<void()> settle);

 private:
  struct Due {
    TimedSource* source = nullptr;
    Instant at{};
  };
  [[nodiscard]] Due earliest();
  void settle();
  void advance_to(Instant at);

  mutable std::mutex mutex_;  // guards all below
  Instant now_;
  std::vector<TimedSource*> sources_;
  std::function<void()> settle_;
};

}  // namespace coldboot
