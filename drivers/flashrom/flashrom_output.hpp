#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/result.hpp"
#include "harness/device/flasher.hpp"

namespace coldboot {

// What flashrom 1.3 writes, and what it means; README.md has the table. Nothing here starts anything.

/// Follows flashrom's output, in pieces of any length, and knows what it is doing. The text that begins a stage is
/// written out before the stage begins.
class FlashromStages {
 public:
  /// True when another stage has begun.
  bool take(std::string_view piece);

  [[nodiscard]] FlashStage stage() const { return stage_; }

  /// Whether it has begun to change the chip: from here on it must not be cut.
  [[nodiscard]] bool has_begun_to_change() const { return stage_ >= FlashStage::erasing_and_writing; }

 private:
  std::string line_;  // the one that is not complete yet, as far as it can matter
  FlashStage stage_ = FlashStage::probing;
};

enum class FlashromTask { probe, read, write, verify, erase };

/// Where flashrom runs: on a host of ours, with a programmer at the DUT's chip, or on the DUT itself.
enum class FlashromSide { outside, inside };

/// One flashrom that has ended.
struct FlashromEnd {
  FlashromTask task = FlashromTask::probe;
  int exit_status = 0;  ///< 128 + n when signal n ended it
  std::string output;   ///< standard output and error as they came
  FlashStage stage = FlashStage::probing;
  FlashromSide side = FlashromSide::outside;  ///< what to do about a fault depends on it
};

/// What to do when nobody knows what the chip holds.
std::string_view mend_advice(FlashromSide side);

/// All chips it says it found: several definitions may fit one chip. Those of which it only knows that something
/// answers ("Found Unknown flash chip "SFDP-capable chip"") are left out: their definitions guess.
std::vector<FlashChip> found_chips(std::string_view output);

/// What one that succeeded did, where its output proves it; status 0 alone proves nothing. Faults have no place and
/// say what to do.
Result<FlashOutcome> outcome_of(const FlashromEnd& end);

}  // namespace coldboot
