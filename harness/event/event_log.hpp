#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"
#include "harness/event/event.hpp"

namespace coldboot {

/// The events of one run in order, in memory: where all threads of a run meet. Append-only.
class EventLog {
 public:
  /// Called for each event in order, under the log's lock: hand it on, do no work. Live-only ones are among them.
  using Sink = std::function<void(const Event&)>;

  explicit EventLog(Clock& clock, Sink sink = {});

  /// Adds an event; its sequence number is set, and its time too where the caller left it empty.
  Event append(EventBody body, int boot = 0, Instant at = {});

  /// The number of the newest event; 0 when there is none.
  [[nodiscard]] std::uint64_t last() const;

  /// A copy of the events after number `seq`.
  [[nodiscard]] std::vector<Event> after(std::uint64_t seq) const;

  /// Waits until `wanted` says yes to an event after number `seq` (looked at in order, each once) and
  /// returns that event. Faults: `timeout` at the deadline, `stopped` on a stop request.
  Result<Event> wait_for(std::uint64_t seq, const std::function<bool(const Event&)>& wanted, const Until& until);

  /// Waits until `ready()` holds; it is asked again after each event and each pulse(). Same faults.
  Result<void> wait(const std::function<bool()>& ready, const Until& until);

  /// Wakes waiters although no event was added: console bytes came, and somebody may wait for silence.
  void pulse();

  [[nodiscard]] Clock& clock() const { return clock_; }

 private:
  Result<void> wait_locked(std::unique_lock<std::mutex>& lock, const std::function<bool()>& ready, const Until& until);

  Clock& clock_;
  Sink sink_;
  mutable std::mutex mutex_;  // guards events_ and waiting_
  std::condition_variable changed_;
  std::vector<Event> events_;
  int waiting_ = 0;
};

}  // namespace coldboot
