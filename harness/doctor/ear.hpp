#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"
#include "harness/doctor/examination.hpp"
#include "harness/io/descriptor.hpp"

namespace coldboot {

/// What was heard in a while.
struct Heard {
  std::uint64_t bytes = 0;
  std::string console;  ///< whose byte was the first
  Instant first{};      ///< when that was
};

/// Listens to all consoles of a bench at once, and keeps of what they say only that they do.
class Ear {
 public:
  /// Faults: `io`.
  static Result<Ear> on(const std::vector<OpenDevices::Console>& consoles);

  /// All that comes until the deadline. Faults: `lost` naming the console, `stopped`, `io`.
  Result<Heard> listen(const Until& until) const;
  /// The same, but no longer than to the first byte.
  Result<Heard> listen_for_a_byte(const Until& until) const;

 private:
  Ear(const std::vector<OpenDevices::Console>& consoles, Descriptor any) : consoles_(consoles), any_(std::move(any)) {}
  Result<Heard> hear_until(const Until& until, bool only_the_first) const;
  Result<void> hear(Heard& heard) const;

  const std::vector<OpenDevices::Console>& consoles_;
  Descriptor any_;  // readable while one of them is
};

}  // namespace coldboot
