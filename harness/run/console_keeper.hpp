#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "harness/bench/bench.hpp"
#include "harness/console/capture.hpp"
#include "harness/core/clock.hpp"
#include "harness/event/event.hpp"

namespace coldboot {

/// Names of consoles that were lost, from those who notice to the one who opens them again.
class LostConsoles {
 public:
  /// Returns at once; from any thread, under the event log's lock too.
  void add(const std::string& console);

  /// The next one; nothing when the time is over or when asked to stop.
  std::optional<std::string> next(Instant deadline, const std::stop_token& stop);

 private:
  std::mutex mutex_;  // guards names_
  std::condition_variable_any changed_;
  std::deque<std::string> names_;
};

/// Opens lost consoles again while a run goes on, on a thread of its own: each by its own identity, until it is back,
/// at intervals that grow. The capture goes on with what is back. Those that cannot be opened again are left alone.
class ConsoleKeeper {
 public:
  /// All of them must live longer. `tell` takes notes for the record.
  ConsoleKeeper(LostConsoles& lost, const Bench& bench, Capture& capture, std::function<void(EventBody)> tell);

 private:
  struct Missing {
    int attempts = 0;
    Instant next{};        ///< when to try again; Instant::max() while it is there
    Instant back_since{};  ///< when it was opened again last
    std::string told;      ///< why it is not back
  };

  void keep(const std::stop_token& stop);
  void note_loss(const std::string& console);
  void try_to_reopen(const std::string& console, Missing& missing, const std::stop_token& stop);
  [[nodiscard]] Instant next_attempt() const;

  LostConsoles& lost_;
  const Bench& bench_;
  Capture& capture_;
  std::function<void(EventBody)> tell_;
  std::map<std::string, Missing> missing_;  // the thread's own
  std::jthread thread_;
};

}  // namespace coldboot
