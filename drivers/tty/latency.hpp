#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "harness/core/clock.hpp"

namespace coldboot {

/// The least an FTDI chip can be told.
inline constexpr Nanos shortest_latency = std::chrono::milliseconds(1);

/// Sets the latency timer of `tty` ("ttyUSB0") to its shortest until the adapter is plugged in again. Returns what it
/// was; nothing where there is no timer, where it is as short already, or where this user may not.
std::optional<Nanos> shorten_latency(const std::string& tty);

/// How long a USB serial adapter may hold bytes back, waiting for more. FTDI's chips do so for up to 16 ms, and say so
/// and can be told in sysfs; other adapters do not say.
class LatencyTimer {
 public:
  /// Sets the timer of `tty` ("ttyUSB0") to its shortest, 1 ms, where this user may; else asks the driver of the open
  /// port `descriptor` for low latency, which needs no right.
  LatencyTimer(const std::string& tty, int descriptor);
  ~LatencyTimer();  ///< puts back what was there
  LatencyTimer(LatencyTimer&& other) noexcept;
  LatencyTimer& operator=(LatencyTimer&& other) noexcept;
  LatencyTimer(const LatencyTimer&) = delete;
  LatencyTimer& operator=(const LatencyTimer&) = delete;

  /// Nothing for a port without such a timer.
  [[nodiscard]] std::optional<Nanos> now() const;
  /// For people; empty for a port without such a timer: "latency timer 1 ms (was 16 ms)".
  [[nodiscard]] std::string text() const;

 private:
  std::filesystem::path file_;  // empty: there is none, or nothing to put back
  std::optional<int> before_ms_;
  std::optional<int> now_ms_;
};

}  // namespace coldboot
