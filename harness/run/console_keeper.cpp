#include "harness/run/console_keeper.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr std::array<Nanos, 4> pauses{200ms, 500ms, 1s, 2s};  // the last one again and again
constexpr Nanos attempt_limit = 10s;

// A console that is lost again this soon (somebody else takes it from us each time) is not tried more often for it.
constexpr Nanos settled = 10s;

Nanos pause_before(int attempt) {
  return pauses[std::min<std::size_t>(static_cast<std::size_t>(attempt), pauses.size() - 1)];
}

}  // namespace

void LostConsoles::add(const std::string& console) {
  const std::lock_guard lock(mutex_);
  names_.push_back(console);
  changed_.notify_all();
}

std::optional<std::string> LostConsoles::next(Instant deadline, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto some = [this] { return !names_.empty(); };
  if (deadline == Instant::max()) {
    if (!changed_.wait(lock, stop, some)) return std::nullopt;
  } else if (!changed_.wait_until(lock, stop, deadline, some)) {
    return std::nullopt;
  }
  std::string name = std::move(names_.front());
  names_.pop_front();
  return name;
}

ConsoleKeeper::ConsoleKeeper(LostConsoles& lost, const Bench& bench, Capture& capture,
                             std::function<void(EventBody)> tell)
    : lost_(lost),
      bench_(bench),
      capture_(capture),
      tell_(std::move(tell)),
      thread_([this](const std::stop_token& stop) { keep(stop); }) {}

void ConsoleKeeper::keep(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    while (const auto console = lost_.next(next_attempt(), stop)) note_loss(*console);
    for (auto& [console, missing] : missing_) {
      if (missing.next <= std::chrono::steady_clock::now()) try_to_reopen(console, missing, stop);
    }
  }
}

void ConsoleKeeper::note_loss(const std::string& console) {
  const BenchConsole* const known = bench_.console(console);
  if (known == nullptr || !known->stream->can_reopen()) return;
  Missing& missing = missing_[console];
  const Instant now = std::chrono::steady_clock::now();
  if (now - missing.back_since > settled) missing.attempts = 0;
  missing.next = now + pause_before(missing.attempts++);
  missing.told.clear();
}

void ConsoleKeeper::try_to_reopen(const std::string& console, Missing& missing, const std::stop_token& stop) {
  const Instant now = std::chrono::steady_clock::now();
  auto back = bench_.console(console)->stream->reopen(Until(now + attempt_limit, stop));
  if (back) back = capture_.resume(console);
  if (back) {
    missing.next = Instant::max();
    missing.back_since = std::chrono::steady_clock::now();
    return;
  }
  missing.next = std::chrono::steady_clock::now() + pause_before(missing.attempts++);
  const std::string why = back.error().text();
  if (back.error().cause() != Cause::stopped && why != missing.told) tell_(Note{fmt::format("not back yet: {}", why)});
  missing.told = why;
}

Instant ConsoleKeeper::next_attempt() const {
  Instant next = Instant::max();
  for (const auto& [console, missing] : missing_) next = std::min(next, missing.next);
  return next;
}

}  // namespace coldboot
