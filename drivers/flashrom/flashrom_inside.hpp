#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "drivers/flashrom/flashrom_host.hpp"
#include "drivers/flashrom/flashrom_watch.hpp"
#include "drivers/flashrom/remote_scripts.hpp"
#include "drivers/flashrom/remote_shell.hpp"
#include "harness/io/lock_file.hpp"

namespace coldboot {

struct FlashromInsideConfig {
  std::string where;                    ///< for faults: "apu2-07/flash"
  std::string holder;                   ///< whoever finds the DUT locked reads this: "flash chip of apu2-07"
  RemoteShell shell;                    ///< how the DUT's shell is reached
  std::string program = "flashrom";     ///< as the DUT knows it
  std::string programmer = "internal";  ///< "internal:boardmismatch=force"
  std::string folder = "/tmp";          ///< on the DUT, with room for an image
  FlashLayout layout = FlashLayout::none;
  std::filesystem::path layout_file;  ///< on this host
  FlashromLimits limits{.read_limit = std::chrono::seconds(60), .write_limit = std::chrono::seconds(600)};
};

/// flashrom on the DUT itself, which runs. Images travel over the shell's standard input and output, each with its
/// SHA-256. flashrom there outlives the connection; one that breaks off is made again, and the output followed on.
class FlashromInside final : public FlashromHost {
 public:
  /// Reaches for nothing yet. Faults: `busy` naming who uses this way to the DUT, `refused`, `io`.
  static Result<std::unique_ptr<FlashromHost>> open(FlashromInsideConfig config);

  Result<FlashromEnd> run(const FlashromStep& step, const FlashRequest& request, const Until& until) override;
  void tidy_up() override;
  [[nodiscard]] FlashromSide side() const override { return FlashromSide::inside; }
  [[nodiscard]] std::string description() const override;

 private:
  FlashromInside(FlashromInsideConfig config, LockFile lock);
  [[nodiscard]] Fault placed(const Fault& fault) const;
  Result<void> prepare(const Until& until);
  Result<void> upload(const std::filesystem::path& file, const std::string& there, const Until& until) const;
  [[nodiscard]] Result<std::string> download(const std::string& there, const Until& until) const;
  Result<FlashromFiles> bring(const FlashromStep& step, const RemoteStep& there, const FlashRequest& request,
                              const Until& until) const;
  Result<void> fetch(const FlashromStep& step, const RemoteStep& there, const FlashRequest& request,
                     const Until& until) const;

  FlashromInsideConfig config_;
  LockFile lock_;
  std::string folder_;          // on the DUT, for what an operation needs
  bool is_prepared_ = false;    // it is there
  bool is_left_alone_ = false;  // a flashrom may still run there that nobody follows
  int steps_ = 0;
};

}  // namespace coldboot
