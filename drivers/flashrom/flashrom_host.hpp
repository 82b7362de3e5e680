#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "drivers/flashrom/flashrom_output.hpp"
#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"
#include "harness/device/flasher.hpp"

namespace coldboot {

/// One thing to be done by one flashrom.
struct FlashromStep {
  FlashromTask task = FlashromTask::probe;
  std::string log;             ///< name of its log: "read-again"
  std::string chip;            ///< definition to use; empty: any that fits
  std::filesystem::path file;  ///< of ours: read into, or written from
};

/// Where the regions of a chip are described.
enum class FlashLayout { none, file, fmap_on_chip };

/// Where flashrom runs.
class FlashromHost {
 public:
  virtual ~FlashromHost() = default;

  /// Runs one step to its end; what became of it is for outcome_of(). Before the chip is being erased the deadline and
  /// a stop request end it, later they do not. Of the request it takes the regions, the log folder and on_progress.
  /// Faults say where: `missing`, `refused`, `busy`, `io`, `lost`, `protocol`, `disk_full`, `timeout`, `stopped`.
  virtual Result<FlashromEnd> run(const FlashromStep& step, const FlashRequest& request, const Until& until) = 0;

  /// Whether flashrom is there and knows the chip (empty: any), as far as can be told without touching the DUT. Faults
  /// say where: `missing`, `mistake`, `io`.
  virtual Result<void> look_ahead(const std::string& /*chip*/, const Until& /*until*/) { return {}; }

  /// Leaves nothing of ours behind; after each operation, however it ended.
  virtual void tidy_up() {}

  [[nodiscard]] virtual FlashromSide side() const = 0;

  /// "flashrom on ch341a_spi"
  [[nodiscard]] virtual std::string description() const = 0;
};

/// Names of files as flashrom sees them; empty where it needs none.
struct FlashromFiles {
  std::string layout;
  std::string log;
  std::string content;
};

/// The arguments of flashrom for a step.
std::vector<std::string> flashrom_arguments(const FlashromStep& step, const std::string& programmer, FlashLayout layout,
                                            const std::vector<std::string>& regions, const FlashromFiles& files);

/// Where the full log of a step is kept; empty: nowhere.
std::filesystem::path flashrom_log(const FlashromStep& step, const FlashRequest& request);

/// A name with nothing in it but what any file system takes.
std::string fit_for_a_file_name(std::string text);

}  // namespace coldboot
