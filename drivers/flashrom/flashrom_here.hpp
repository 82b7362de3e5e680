#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "drivers/flashrom/flashrom_host.hpp"
#include "drivers/flashrom/flashrom_watch.hpp"
#include "harness/io/lock_file.hpp"

namespace coldboot {

struct FlashromConfig {
  std::string where;   ///< for faults: "apu2-07/flash"
  std::string holder;  ///< whoever finds the programmer locked reads this: "flash chip of apu2-07"
  std::string program = "flashrom";
  std::string programmer;           ///< "linux_spi:dev=/dev/spidev1.0,spispeed=16000"
  std::filesystem::path directory;  ///< which files named in it are relative to; empty: where we run
  FlashLayout layout = FlashLayout::none;
  std::filesystem::path layout_file;
  /// A real chip takes 1 to 3 minutes to be written.
  FlashromLimits limits{.read_limit = std::chrono::seconds(60), .write_limit = std::chrono::seconds(600)};
};

/// The name of the lock of a programmer: its kind, and those of its parameters that say which device it is. Two names
/// of one device, or two speeds, are one lock. An image of the dummy programmer's is relative to `directory`.
std::string programmer_lock_name(const std::string& programmer, const std::filesystem::path& directory = {});

/// flashrom as a process of this host, with a programmer that reaches the DUT's chip from outside. The programmer is
/// ours alone on this host while this lives: flashrom itself locks nothing.
class FlashromHere final : public FlashromHost {
 public:
  /// Starts nothing yet. Faults: `busy` naming the holder of the programmer, `refused`, `io`.
  static Result<std::unique_ptr<FlashromHost>> open(FlashromConfig config);

  Result<void> look_ahead(const std::string& chip, const Until& until) override;
  Result<FlashromEnd> run(const FlashromStep& step, const FlashRequest& request, const Until& until) override;
  [[nodiscard]] FlashromSide side() const override { return FlashromSide::outside; }
  [[nodiscard]] std::string description() const override;

 private:
  FlashromHere(FlashromConfig config, LockFile lock);

  FlashromConfig config_;
  LockFile lock_;
};

}  // namespace coldboot
