#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "harness/bench/bench.hpp"
#include "harness/console/capture.hpp"
#include "harness/event/event_log.hpp"
#include "harness/flashing/chip_job.hpp"
#include "harness/scenario/scenario.hpp"

namespace coldboot {

/// The firmware of a DUT in the course of a run: what its chip is known to hold, and what was put there and has not
/// been seen to boot yet. No board is left with a firmware that does not boot, as far as the bench has a golden image.
class FirmwareKeeper {
 public:
  /// How whoever runs the boot does these, and records them. `aside`: not for this boot's sake.
  struct Hands {
    std::function<Result<void>(Power, bool aside, const Until&)> switch_power;
    std::function<Result<void>()> wait_until_discharged;
    std::function<Result<void>(Nanos, const Until&)> let_pass;
  };

  FirmwareKeeper(Bench& bench, const Capture& capture, EventLog& log, std::filesystem::path run_folder, Hands hands);

  /// A boot begins. Where somebody's write of the chip was cut, perhaps long ago, the golden image is put back first.
  /// `flashes`: the boot writes the chip before it gives power, so that nothing is lost where there is no golden image.
  Result<void> begin_boot(int number, const BootPlan& plan, bool flashes, std::stop_token stop);

  /// Faults: those of ChipJob, as errors of the bench. When the chip's content came in doubt, the golden image has been
  /// put back, and the fault says so or why not.
  Result<void> put(const FlashStep& wish);

  /// Puts the golden image on the chip and sees it boot, in two tries; the DUT is off then. Faults: `mistake` where the
  /// bench names none; what went wrong with the last try.
  Result<void> recover();

  /// Once a boot's steps are over: compares the version the DUT shows with the one put there. Where the DUT `failed`
  /// and said nothing of its firmware since it was written, the golden image is put back. Faults: `protocol` (another
  /// version), `lost` (silent after flashing).
  Result<void> see_what_boots(bool failed);

 private:
  Result<FirmwarePut> carry_out(ChipOrder order, const Until& until);
  Result<void> see_golden_boot(const std::string& version);
  [[nodiscard]] bool is_known_by_banner(const FlashStep& wish, const FirmwareImage& image) const;
  /// The fault, and what became of putting the golden image back.
  [[nodiscard]] Fault and_recovered(const Fault& fault);
  /// The version of the firmware, where this event is a banner of this boot.
  [[nodiscard]] std::optional<std::string> version_in(const Event& event) const;
  [[nodiscard]] std::optional<std::string> version_shown_since(std::uint64_t seq) const;
  [[nodiscard]] bool had_power_since(std::uint64_t seq) const;
  void record(FirmwarePut put);
  [[nodiscard]] std::filesystem::path next_log_folder();
  [[nodiscard]] bool is_in_doubt() const;

  Bench& bench_;
  const Capture& capture_;
  EventLog& log_;
  const std::filesystem::path run_folder_;
  const Hands hands_;

  int boot_ = 0;
  std::uint64_t boot_seq_ = 0;  // the last event before it
  const BootPlan* plan_ = nullptr;
  std::stop_token stop_;
  int jobs_ = 0;
  std::optional<FirmwarePut> on_chip_;     // as far as is known in this run
  std::optional<FirmwarePut> to_be_seen_;  // written, and not seen to boot yet,
  std::uint64_t written_seq_ = 0;          // since this event
  std::string last_shown_;                 // version in the last banner of this run
  Nanos last_write_took_{};
};

}  // namespace coldboot
