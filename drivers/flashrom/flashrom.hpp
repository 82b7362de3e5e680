#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "drivers/flashrom/flashrom_process.hpp"
#include "harness/device/flasher.hpp"
#include "harness/io/lock_file.hpp"

namespace coldboot {

/// Where the regions of a chip are described.
enum class FlashLayout { none, file, fmap_on_chip };

struct FlashromConfig {
  std::string where;   ///< for faults: "apu2-07/flash"
  std::string holder;  ///< whoever finds the programmer locked reads this: "flash chip of apu2-07"
  std::string program = "flashrom";
  std::string programmer;           ///< "linux_spi:dev=/dev/spidev1.0,spispeed=16000"
  std::filesystem::path directory;  ///< which files named in it are relative to; empty: where we run
  std::string chip;                 ///< its definition; empty: the only one that fits
  std::uint64_t size_bytes = 0;     ///< that the chip must have
  FlashLayout layout = FlashLayout::none;
  std::filesystem::path layout_file;
  Nanos read_limit{std::chrono::seconds(60)};    ///< for each stage: probing, reading, verifying,
  Nanos write_limit{std::chrono::seconds(600)};  ///< and for erasing and writing; a real chip takes 1 to 3 minutes
};

/// The name of the lock of a programmer: its kind, and those of its parameters that say which device it is. Two names
/// of one device, or two speeds, are one lock. An image of the dummy programmer's is relative to `directory`.
std::string programmer_lock_name(const std::string& programmer, const std::filesystem::path& directory = {});

/// A firmware chip behind the program flashrom (1.3). The programmer is ours alone on this host while this lives:
/// flashrom itself locks nothing.
class Flashrom final : public Flasher {
 public:
  /// Starts nothing yet. Faults: `busy` naming the holder of the programmer, `refused`, `io`.
  static Result<std::unique_ptr<Flashrom>> open(FlashromConfig config);

  Result<FlashChip> probe(const FlashRequest& request, const Until& until) override;
  Result<FlashReport> read(const std::filesystem::path& file, const FlashRequest& request, const Until& until) override;
  Result<FlashReport> write(const std::filesystem::path& image, const FlashRequest& request,
                            const Until& until) override;
  Result<FlashReport> verify(const std::filesystem::path& image, const FlashRequest& request,
                             const Until& until) override;
  Result<FlashReport> erase(const FlashRequest& request, const Until& until) override;
  [[nodiscard]] std::string description() const override;

 private:
  struct Step {
    FlashromTask task = FlashromTask::probe;
    std::string log;             ///< name of its log: "read-again"
    std::string chip;            ///< definition to use; empty: any that fits
    std::filesystem::path file;  ///< read from or written to
  };

  Flashrom(FlashromConfig config, LockFile lock);
  Result<FlashromEnd> run(const Step& step, const FlashRequest& request, const Until& until) const;
  Result<FlashReport> probe_and(Step step, const FlashRequest& request, const Until& until);
  Result<void> read_into(const Step& step, const FlashRequest& request, const Until& until) const;
  [[nodiscard]] std::vector<std::string> arguments_of(const Step& step, const FlashRequest& request) const;
  [[nodiscard]] std::filesystem::path log_of(const Step& step, const FlashRequest& request) const;
  [[nodiscard]] Fault with_what_answers(const Fault& fault, const Until& until) const;
  [[nodiscard]] Result<void> check_size(const std::filesystem::path& image) const;
  [[nodiscard]] Fault placed(const Fault& fault) const;

  FlashromConfig config_;
  LockFile lock_;
};

}  // namespace coldboot
