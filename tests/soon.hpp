#pragma once

#include <chrono>

#include "harness/core/clock.hpp"

namespace coldboot {

/// A deadline for what takes no time: no test waits that long unless something is broken.
inline Until soon() {
  return Until(std::chrono::steady_clock::now() + std::chrono::seconds(60));
}

}  // namespace coldboot
