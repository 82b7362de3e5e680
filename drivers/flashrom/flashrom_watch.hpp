#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "drivers/flashrom/flashrom_output.hpp"
#include "harness/core/clock.hpp"
#include "harness/io/kept_output.hpp"

namespace coldboot {

/// How long a flashrom may take.
struct FlashromLimits {
  Nanos read_limit{};                ///< each stage,
  Nanos write_limit{};               ///< but erasing and writing
  std::optional<Nanos> cut_after{};  ///< erasing and writing is cut on purpose then
};

/// A flashrom that runs, as seen in its output: what it is doing, since when, and what may still be done to it.
class FlashromWatch {
 public:
  /// Tells its first stage. `program` is the place of faults.
  FlashromWatch(FlashromTask task, FlashromSide side, std::string program, const FlashromLimits& limits,
                std::function<void(const FlashProgress&)> on_progress);

  /// The next piece of its output.
  void take(std::string_view bytes);

  /// Its output comes again from the beginning.
  void start_over();

  /// It may have begun to change the chip, though that was not seen; nothing may cut it any more.
  void assume_change();

  [[nodiscard]] bool may_change() const { return task_ == FlashromTask::write || task_ == FlashromTask::erase; }
  [[nodiscard]] bool is_changing() const { return may_change() && stage_ >= FlashStage::erasing_and_writing; }

  /// Of the stage it is in; that of whoever waits does not count while the chip changes.
  [[nodiscard]] Instant deadline(const Until& until) const;

  [[nodiscard]] std::uint64_t output_bytes() const { return kept_.size(); }
  [[nodiscard]] std::string doing() const;  ///< "reading after 12.5 s"
  [[nodiscard]] FlashromEnd end(int exit_status) const;

  /// What it means that it was ended before it changed the chip, or hung while it did.
  [[nodiscard]] Fault cut(bool on_request) const;
  [[nodiscard]] Fault hung() const;

 private:
  void enter(FlashStage stage);

  FlashromTask task_;
  FlashromSide side_;
  std::string program_;
  FlashromLimits limits_;
  std::function<void(const FlashProgress&)> on_progress_;
  FlashromStages stages_;
  FlashStage stage_ = FlashStage::probing;  // never goes back
  KeptOutput kept_;
  Instant since_{};  // when its stage was seen to begin
};

}  // namespace coldboot
