#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/core/result.hpp"

namespace coldboot {

/// A line of a GPIO chip, as the kernel lists it.
struct GpioLineInfo {
  std::string name;      ///< "RELAY1"; most chips name none of their lines
  bool used = false;     ///< by a program or by the kernel itself
  std::string consumer;  ///< who uses it, in that one's own words
};

struct GpioChipInfo {
  std::string node;    ///< "gpiochip0", numbered in the order in which chips were found
  std::string label;   ///< what its driver calls it: "pinctrl-bcm2711"; two of a kind have the same
  std::string device;  ///< where it is, below /sys/devices: "platform/soc/fe200000.gpio"
  std::vector<GpioLineInfo> lines;

  /// "gpiochip0 (pinctrl-bcm2711)"
  [[nodiscard]] std::string text() const;
};

/// How an output drives its line.
enum class GpioDrive { push_pull, open_drain, open_source };

/// What a line is taken for.
struct GpioUse {
  bool active_low = false;  ///< the line's low level is what counts as active
  GpioDrive drive = GpioDrive::push_pull;
  std::string consumer;  ///< who we are, for others who want the line
};

/// A line that is ours as an output. When this goes, the line is given back, and its level is the chip's to choose.
class GpioOutput {
 public:
  virtual ~GpioOutput() = default;

  /// Faults: `lost` (the chip is gone), `io`.
  virtual Result<void> put(bool active) = 0;

  /// The level at the line, or what the chip takes for it. Faults as put().
  virtual Result<bool> is_active() = 0;
};

/// The chips that were found, and why others could not be asked.
struct GpioListing {
  std::vector<GpioChipInfo> found;
  std::vector<Fault> silent;
};

/// The GPIO chips of this machine. An interface, so that a driver can be tried on lines that are not the kernel's.
class GpioChips {
 public:
  virtual ~GpioChips() = default;

  /// All chips there are now. Faults: `io`.
  virtual Result<GpioListing> list() = 0;

  /// Makes a line, counted from 0, an output that is driven to the level it has already. Faults: `busy` (somebody uses
  /// it: says who), `lost` (the chip is gone since), `refused` (no right to it, with the udev rule that gives it),
  /// `io`.
  virtual Result<std::unique_ptr<GpioOutput>> take(const GpioChipInfo& chip, unsigned line, const GpioUse& use) = 0;
};

/// The kernel's own, through libgpiod.
std::unique_ptr<GpioChips> system_gpio_chips();

}  // namespace coldboot
