#include "harness/event/event_log.hpp"

#include <optional>
#include <utility>

namespace coldboot {

EventLog::EventLog(Clock& clock, Sink sink) : clock_(clock), sink_(std::move(sink)) {}

Event EventLog::append(EventBody body, int boot, Instant at) {
  const std::lock_guard lock(mutex_);
  Event event{events_.size() + 1, at == Instant{} ? clock_.now() : at, boot, std::move(body)};
  events_.push_back(event);
  if (sink_) sink_(event);
  changed_.notify_all();
  return event;
}

std::uint64_t EventLog::last() const {
  const std::lock_guard lock(mutex_);
  return events_.size();
}

std::vector<Event> EventLog::after(std::uint64_t seq) const {
  const std::lock_guard lock(mutex_);
  if (seq >= events_.size()) return {};
  return {events_.begin() + static_cast<std::ptrdiff_t>(seq), events_.end()};
}

Result<Event> EventLog::wait_for(std::uint64_t seq, const std::function<bool(const Event&)>& wanted,
                                 const Until& until) {
  std::unique_lock lock(mutex_);
  std::size_t next = seq;
  std::optional<Event> found;
  const auto look = [&] {
    for (; !found && next < events_.size(); ++next) {
      if (wanted(events_[next])) found = events_[next];
    }
    return found.has_value();
  };
  if (auto waited = wait_locked(lock, look, until); !waited) return waited.error();
  return *found;
}

Result<void> EventLog::wait(const std::function<bool()>& ready, const Until& until) {
  std::unique_lock lock(mutex_);
  return wait_locked(lock, ready, until);
}

Result<void> EventLog::wait_locked(std::unique_lock<std::mutex>& lock, const std::function<bool()>& ready,
                                   const Until& until) {
  // The callback may run inside request_stop() on another thread, so it takes the lock before it wakes us;
  // registering it must happen without the lock, or a stop already requested would deadlock here.
  lock.unlock();
  const std::stop_callback wake(until.stop, [this] {
    const std::lock_guard guard(mutex_);
    changed_.notify_all();
  });
  lock.lock();
  ++waiting_;
  bool holds = false;
  const auto ready_or_stopped = [&] {
    holds = ready();
    return holds || until.stop.stop_requested();
  };
  clock_.wait_until(lock, changed_, until.deadline, ready_or_stopped);
  --waiting_;
  if (holds) {
    lock.unlock();  // the callback's destructor may wait for a callback that wants the lock
    return {};
  }
  const bool stopped = until.stop.stop_requested();
  lock.unlock();
  if (stopped) return Fault(Cause::stopped, "", "asked to stop");
  return Fault(Cause::timeout, "", "the deadline passed");
}

void EventLog::pulse() {
  const std::lock_guard lock(mutex_);
  if (waiting_ > 0) changed_.notify_all();
}

}  // namespace coldboot
