#pragma once

#include <atomic>
#include <memory>
#include <stop_token>

#include "harness/io/signals.hpp"

namespace coldboot {

/// SIGINT and its like as what they mean to a command: please stop. Make it before any other thread.
class StopBySignal {
 public:
  /// `and_then` is called too for every signal, after the stop was asked for. Null when the process cannot watch its
  /// signals; that has been told then.
  static std::unique_ptr<StopBySignal> start(SignalWatch::OnSignal and_then = {});

  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }
  [[nodiscard]] int signal() const { return first_; }  ///< the one that asked; 0: none did

 private:
  StopBySignal() = default;

  std::stop_source stop_;
  std::atomic<int> first_ = 0;
  std::unique_ptr<SignalWatch> watch_;  // last: its thread uses the others
};

}  // namespace coldboot
