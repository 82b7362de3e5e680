#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/bench/bench.hpp"
#include "harness/firmware/firmware_image.hpp"

namespace coldboot {

/// What is to become of a DUT's firmware chip.
struct ChipOrder {
  std::filesystem::path image;
  std::vector<std::string> regions;     ///< of the chip's layout; empty: the whole chip
  bool only_if_changed = false;         ///< first compares what the chip holds, and writes nothing where it is that
  std::optional<Nanos> cut_after{};     ///< see FlashRequest
  bool is_restoring = false;            ///< the chip's content is worth nothing: it is neither read nor kept
  std::filesystem::path backup_folder;  ///< where what the chip held is kept, by its hash; empty: it is not kept
  std::filesystem::path log_folder;     ///< for the programmer's output; made if need be; empty: none is kept
};

/// Who has work done on a chip: a run, which records it, or a command, which shows it.
struct ChipCustomer {
  std::function<Result<void>(Power, const Until&)> switch_power;
  std::function<Result<void>(Nanos, const Until&)> let_pass;
  std::function<void(const std::string& stage)> tell;  ///< "writing", as it begins
};

/// The order in which everything is done; each stage leads to the next one, or to parting and rest.
enum class ChipStage {
  looking_at_image,
  taking_power,
  discharging,
  connecting,
  reading_old,
  writing,
  reading_back,
  parting,
  clearing_cmos,
  resting,
};

[[nodiscard]] std::string_view name_of(ChipStage stage);

/// One piece of work on a DUT's firmware chip, as a machine of stages: power off (or S5), lines on, what the chip held
/// read and kept, written, read back and compared by its hash, lines off, discharged. Whatever goes wrong on the way,
/// it ends with lines off and the DUT without power.
class ChipJob {
 public:
  ChipJob(Bench& bench, ChipOrder order, ChipCustomer customer);

  /// Does it all. The DUT is off then; whether the image boots is the caller's to see. Faults: `mistake` (the image
  /// does not fit the chip or the board), those of power, lines and programmer; `protocol` where the chip reads back as
  /// something else. After a fault the bench knows whether the chip's content is in doubt (Lease::is_chip_in_doubt).
  Result<FirmwarePut> carry_out(const Until& until);

 private:
  Result<ChipStage> act(ChipStage stage, const Until& until);
  [[nodiscard]] Result<void> golden_is_there() const;
  Result<ChipStage> look_at_image(const Until& until);
  Result<ChipStage> take_power(const Until& until);
  Result<ChipStage> connect(const Until& until);
  Result<ChipStage> read_old(const Until& until);
  Result<ChipStage> write(const Until& until);
  Result<ChipStage> read_back(const Until& until);
  Result<ChipStage> part();
  Result<ChipStage> clear_cmos(const Until& until);
  [[nodiscard]] ChipStage after_a_fault(ChipStage stage) const;
  Result<void> keep(const std::filesystem::path& readout, const std::string& hash);
  [[nodiscard]] FlashRequest request(const char* logs);
  [[nodiscard]] Until to_its_end(const Until& until) const;

  Bench& bench_;
  const ChipOrder order_;
  const ChipCustomer customer_;
  FirmwareChip* chip_ = nullptr;
  std::optional<FirmwareChip::Connected> connected_;
  bool was_connected_ = false;
  bool was_in_doubt_ = false;  // before this job wrote: writing a part of it settles nothing
  bool is_written_ = false;
  FirmwarePut put_;
};

/// Brings the chip within reach of its programmer, does `work`, which is for these regions, and parts them again,
/// whatever comes of it; the DUT is off then, unless the chip is reached from inside it. Faults: those of ChipJob and
/// of `work`.
Result<void> at_the_chip(Bench& bench, const ChipCustomer& customer, const std::vector<std::string>& regions,
                         const Until& until, const std::function<Result<void>(Flasher&)>& work);

/// Reads the chip and keeps what it holds in `folder`, in a file that has its hash for a name. Faults: those of reading
/// and of files.
Result<std::filesystem::path> back_up(Flasher& flasher, const FlashRequest& request,
                                      const std::filesystem::path& folder, const Until& until);

/// Refuses an image that does not fit the bench's chip or board, before anything is touched. Faults: `mistake`, and
/// those of reading it.
Result<FirmwareImage> fitting_image(const std::filesystem::path& image, const BenchFile& bench);

}  // namespace coldboot
