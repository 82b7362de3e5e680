#pragma once

#include <memory>
#include <optional>
#include <string>

#include "drivers/gpio/gpio_chips.hpp"
#include "harness/device/relay.hpp"

namespace coldboot {

/// Which line is meant.
struct GpioIdentity {
  std::string chip;             ///< its label, a part of where it is ("1-4.2"), its name, or a node in /dev
  std::string line;             ///< by its name; empty: by its number
  std::optional<int> offset{};  ///< counted from 0
};

struct GpioRelayConfig {
  std::string where;  ///< bench path shown in faults: "apu2-07/power"
  GpioIdentity identity;
  GpioUse use;
};

/// A GPIO line of this machine as a relay with the channel 1, closed while the line is active. The line is held from
/// open() on, so that nothing else can move it. A chip that went away is looked for again with the next call.
class GpioRelay final : public Relay {
 public:
  /// Finds the line and takes it; its level stays what it was. Faults: `missing` (says which chips or lines there are),
  /// `refused` (several fit, no right to it), `busy` (somebody else uses it: says who), `io`.
  static Result<std::unique_ptr<GpioRelay>> open(std::unique_ptr<GpioChips> chips, GpioRelayConfig config);

  Result<void> set(int channel, Contact wanted, const Until& until) override;
  Result<std::optional<Contact>> read(int channel, const Until& until) override;
  [[nodiscard]] std::string description() const override;
  [[nodiscard]] Nanos delay() const override;

 private:
  GpioRelay(std::unique_ptr<GpioChips> chips, GpioRelayConfig config)
      : chips_(std::move(chips)), config_(std::move(config)) {}
  Result<void> ready(int channel);
  Result<void> connect();
  Result<GpioChipInfo> find_chip();
  [[nodiscard]] Result<unsigned> find_line(const GpioChipInfo& chip) const;
  [[nodiscard]] Fault not_found(const GpioListing& chips) const;
  /// Lets go of the line after a fault, to find it anew with the next call.
  Fault lose(const Fault& fault);
  [[nodiscard]] Fault seen_from_here(const Fault& fault) const;

  std::unique_ptr<GpioChips> chips_;
  GpioRelayConfig config_;
  std::unique_ptr<GpioOutput> line_;  // null: to be found again
  std::string found_;                 // "line 26 of gpiochip0 (pinctrl-bcm2711)", once it was
};

}  // namespace coldboot
