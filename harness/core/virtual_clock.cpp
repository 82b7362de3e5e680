#include "harness/core/virtual_clock.hpp"

#include <algorithm>
#include <utility>

namespace coldboot {

Instant VirtualClock::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

bool VirtualClock::wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Instant deadline,
                              const std::function<bool()>& ready) {
  while (!ready()) {
    const Due due = earliest();
    if (due.source == nullptr && deadline == Instant::max()) {
      changed.wait(lock);  // nothing is planned and nobody set an end: only another thread can help
      continue;
    }
    if (due.source == nullptr || due.at > deadline) {
      if (now() >= deadline) return false;
      advance_to(deadline);
      lock.unlock();
      settle();
      lock.lock();
      continue;
    }
    advance_to(due.at);
    lock.unlock();
    due.source->act(due.at);
    settle();
    lock.lock();
  }
  return true;
}

void VirtualClock::add(TimedSource& source) {
  const std::lock_guard lock(mutex_);
  sources_.push_back(&source);
}

void VirtualClock::remove(TimedSource& source) {
  const std::lock_guard lock(mutex_);
  std::erase(sources_, &source);
}

void VirtualClock::on_settle(std::function<void()> settle) {
  const std::lock_guard lock(mutex_);
  settle_ = std::move(settle);
}

VirtualClock::Due VirtualClock::earliest() {
  std::vector<TimedSource*> sources;
  {
    const std::lock_guard lock(mutex_);
    sources = sources_;
  }
  Due first;
  for (TimedSource* source : sources) {
    const std::optional<Instant> at = source->next();
    if (at && (first.source == nullptr || *at < first.at)) first = {source, *at};
  }
  return first;
}

void VirtualClock::advance_to(Instant at) {
  const std::lock_guard lock(mutex_);
  now_ = std::max(now_, at);
}

void VirtualClock::settle() {
  std::function<void()> settle;
  {
    const std::lock_guard lock(mutex_);
    settle = settle_;
  }
  if (settle) settle();
}

}  // namespace coldboot
