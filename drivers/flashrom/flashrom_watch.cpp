#include "drivers/flashrom/flashrom_watch.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "harness/core/units.hpp"

namespace coldboot {
namespace {

constexpr std::size_t most_kept_output = std::size_t{256} * 1024;

}  // namespace

FlashromWatch::FlashromWatch(FlashromTask task, FlashromSide side, std::string program, const FlashromLimits& limits,
                             std::function<void(const FlashProgress&)> on_progress)
    : task_(task),
      side_(side),
      program_(std::move(program)),
      limits_(limits),
      on_progress_(std::move(on_progress)),
      kept_(most_kept_output) {
  enter(FlashStage::probing);
}

void FlashromWatch::enter(FlashStage stage) {
  stage_ = stage;
  since_ = std::chrono::steady_clock::now();
  if (on_progress_) on_progress_({.stage = stage_, .since = since_});
}

void FlashromWatch::take(std::string_view bytes) {
  kept_.add(bytes);
  // One by one: whoever is told of stages is told of each, though two begin in one piece.
  for (const char& c : bytes) {
    if (stages_.take({&c, 1}) && stages_.stage() > stage_) enter(stages_.stage());
  }
}

void FlashromWatch::start_over() {
  stages_ = FlashromStages();
  kept_ = KeptOutput(most_kept_output);
}

void FlashromWatch::assume_change() {
  if (may_change() && !is_changing()) enter(FlashStage::erasing_and_writing);
}

Instant FlashromWatch::deadline(const Until& until) const {
  const bool writes = stage_ == FlashStage::erasing_and_writing;
  const Instant limit = since_ + (writes ? limits_.cut_after.value_or(limits_.write_limit) : limits_.read_limit);
  return is_changing() ? limit : std::min(limit, until.deadline);
}

std::string FlashromWatch::doing() const {
  return fmt::format("{} after {}", name_of(stage_), seconds_text(std::chrono::steady_clock::now() - since_));
}

FlashromEnd FlashromWatch::end(int exit_status) const {
  return {.task = task_, .exit_status = exit_status, .output = kept_.text(), .stage = stage_, .side = side_};
}

Fault FlashromWatch::cut(bool on_request) const {
  const std::string chip = may_change() ? "; the chip was not changed" : "";
  if (on_request) return Fault(Cause::stopped, program_, fmt::format("ended on request, still {}{}", doing(), chip));
  return Fault(Cause::timeout, program_, fmt::format("still {}{}", doing(), chip),
               "check the programmer; a slow one needs a longer read-limit");
}

Fault FlashromWatch::hung() const {
  if (limits_.cut_after && stage_ == FlashStage::erasing_and_writing) {
    return Fault(Cause::lost, program_, fmt::format("killed on purpose, still {}", doing()));
  }
  const bool is_written = stage_ == FlashStage::verifying;
  return Fault(Cause::timeout, program_,
               fmt::format("still {}: taken for hung and killed, {}", doing(),
                           is_written ? "the chip was written, but nobody knows whether rightly"
                                      : "what the chip holds now is undefined"),
               fmt::format("{}; check the programmer; a slow chip needs a longer write-limit", mend_advice(side_)));
}

}  // namespace coldboot
