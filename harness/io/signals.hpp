#pragma once

#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "harness/core/result.hpp"
#include "harness/io/wake.hpp"

namespace coldboot {

/// "SIGINT".
std::string signal_name(int signal);

/// Turns SIGINT, SIGTERM and SIGHUP into calls of a function on a thread of its own, where anything may be done.
/// SIGPIPE is ignored: a write to a closed pipe fails, and does not kill.
///
/// Make it before any other thread: threads inherit what is blocked. When it goes, signals act as they did before.
class SignalWatch {
 public:
  /// Called for every signal; `times` counts them from 1. The first asks to stop; whoever presses Ctrl-C again is
  /// told that the bench is being made safe.
  using OnSignal = std::function<void(int signal, int times)>;

  /// Faults: `io` when the process has no descriptor left.
  static Result<std::unique_ptr<SignalWatch>> start(OnSignal on_signal);

  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch();

 private:
  SignalWatch(Wake end, Descriptor signals, OnSignal on_signal);
  void watch() const;

  Wake end_;
  Descriptor signals_;
  OnSignal on_signal_;
  sigset_t mask_before_{};
  struct sigaction pipe_before_{};
  std::thread thread_;
};

}  // namespace coldboot
