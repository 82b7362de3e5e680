#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <sys/types.h>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot::capture_bench {

/// Memory that an emitter writes and this process reads.
class SharedStamps {
 public:
  explicit SharedStamps(std::size_t count);
  ~SharedStamps();
  SharedStamps(const SharedStamps&) = delete;
  SharedStamps& operator=(const SharedStamps&) = delete;

  [[nodiscard]] std::span<Instant> stamps() const { return stamps_; }

 private:
  std::span<Instant> stamps_;
};

/// A process of its own that plays the boards, so that its work is not counted as capture's. Made while this process
/// has one thread; waits until go().
class Emitter {
 public:
  /// `play` runs in the new process.
  explicit Emitter(const std::function<void()>& play);
  ~Emitter();
  Emitter(const Emitter&) = delete;
  Emitter& operator=(const Emitter&) = delete;

  void go();
  void wait();

 private:
  int start_ = -1;  ///< the emitter waits until this is closed
  pid_t pid_ = 0;
};

/// Writes all of it, blocking. Returns when the system took the last byte.
void write_all(int descriptor, std::string_view bytes);

void wait_until(Instant at);

}  // namespace coldboot::capture_bench
