#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// What is being done to a firmware chip, in the order of a write; a read has `reading` instead of the last three.
enum class FlashStage { probing, reading, reading_old, erasing_and_writing, verifying };

constexpr std::string_view name_of(FlashStage stage) {
  switch (stage) {
    case FlashStage::probing: return "probing";
    case FlashStage::reading: return "reading";
    case FlashStage::reading_old: return "reading-old";
    case FlashStage::erasing_and_writing: return "erasing-and-writing";
    case FlashStage::verifying: return "verifying";
  }
  return "";
}

struct FlashProgress {
  FlashStage stage = FlashStage::probing;
  Instant since{};  ///< when it was seen to begin
};

/// What answers where a firmware chip is expected.
struct FlashChip {
  std::string name;  ///< as the programmer's tool calls it: "W25Q64JV-.Q"
  std::uint64_t size_bytes = 0;
  bool operator==(const FlashChip&) const = default;
};

/// How an operation is to be done.
struct FlashRequest {
  std::vector<std::string> regions;  ///< of the chip's layout, all others stay as they are; empty: the whole chip
  std::filesystem::path log_folder;  ///< where full logs are written; it is there; empty: none are kept
  std::function<void(const FlashProgress&)> on_progress;  ///< each stage as it begins, on the calling thread
  std::optional<FlashChip> chip{};  ///< that has answered a moment ago: it is not looked for again
  /// The programmer is killed on purpose this long after it began to change the chip, to see what becomes of that. The
  /// fault is `lost` then; a write that ends sooner is done. Not of what works from inside the DUT.
  std::optional<Nanos> cut_after{};
  bool once = false;       ///< of a read: it is not done twice, since it is compared with something else
  std::string log_name{};  ///< put before the names of logs, where several operations share a folder
};

/// `identical`: nothing was written, since the chip holds the image already.
enum class FlashOutcome { read, written, identical, verified, erased };

struct FlashReport {
  FlashChip chip;
  FlashOutcome outcome = FlashOutcome::read;
  Nanos took{};                 ///< from probing to the end
  std::filesystem::path log{};  ///< of the last step; empty where none was kept
};

/// Something that reads and writes a DUT's firmware chip. From outside the DUT is without power, or in the state its
/// bench declares, for as long as an operation takes; from inside it is up, and neither restarted nor switched off.
/// That is the caller's to see to. An image is as large as the chip.
///
/// Faults of all operations: `missing` (no programmer, no chip, no tool), `busy` (somebody else has the programmer),
/// `refused`, `mistake` (another size, name or region than there is), `io`, `protocol`, `lost` (the tool died),
/// `timeout`, `stopped`.
///
/// From the moment the chip is being erased an operation is not cut: a stop request and the deadline end it before, or
/// not at all, and only a tool that hangs beyond its own limit is killed. So a fault after `erasing_and_writing` was
/// told to on_progress leaves a chip whose content is unknown, unless it says otherwise; one before leaves it as it
/// was.
class Flasher {
 public:
  virtual ~Flasher() = default;

  /// Whether what an operation on these regions needs is there, as far as can be told without touching the DUT: the
  /// tool, the name of the chip, the regions. Faults: `missing`, `mistake`, `io`.
  virtual Result<void> look_ahead(const std::vector<std::string>& /*regions*/, const Until& /*until*/) { return {}; }

  /// Which chip answers; nothing is read or written.
  virtual Result<FlashChip> probe(const FlashRequest& request, const Until& until) = 0;

  /// Reads the whole chip, twice unless asked otherwise, and puts it into `file` when both agree; a file of that name
  /// is replaced. A chip that reads as nothing but ones or zeros is a fault (`protocol`): so does a clip that has no
  /// contact. `regions` is not for this. Faults: also `disk_full`; no file is made then.
  virtual Result<FlashReport> read(const std::filesystem::path& file, const FlashRequest& request,
                                   const Until& until) = 0;

  /// Makes the chip hold the image and reads it back: the outcome is `written` or `identical`.
  virtual Result<FlashReport> write(const std::filesystem::path& image, const FlashRequest& request,
                                    const Until& until) = 0;

  /// Compares the chip with the image. Faults: also `dut` where they differ, with the first place.
  virtual Result<FlashReport> verify(const std::filesystem::path& image, const FlashRequest& request,
                                     const Until& until) = 0;

  /// Makes all bits ones.
  virtual Result<FlashReport> erase(const FlashRequest& request, const Until& until) = 0;

  /// Whether it works on the DUT itself, whose system must be up for as long as an operation takes. What was written
  /// is what boots after the next restart.
  [[nodiscard]] virtual bool from_inside() const { return false; }

  /// Which programmer and chip, for people and for the record: "flashrom on ch341a_spi, chip W25Q64JV-.Q".
  [[nodiscard]] virtual std::string description() const = 0;
};

}  // namespace coldboot
