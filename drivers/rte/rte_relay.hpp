#pragma once

#include <optional>
#include <string>

#include "drivers/rte/gpio.hpp"
#include "drivers/web/web_device.hpp"
#include "harness/device/relay.hpp"

namespace coldboot {

/// One output of an RTE as a relay with the channel 1: the relay in the DUT's supply, or an open collector across one
/// of its buttons.
class RteRelay final : public Relay {
 public:
  struct Output {
    int gpio = 0;
    /// Of a button: the RTE lets go of it after so many seconds, whatever becomes of us.
    std::optional<int> let_go_seconds{};
  };

  RteRelay(WebDevice rte, Output output, Clock& clock);

  /// Besides the faults of Relay: `refused` when the pin is an input. A button whose last press the RTE has still to
  /// end is waited for first, since it would end this press too.
  Result<void> set(int channel, Contact wanted, const Until& until) override;
  Result<std::optional<Contact>> read(int channel, const Until& until) override;
  [[nodiscard]] std::string description() const override;
  [[nodiscard]] Nanos delay() const override;

 private:
  [[nodiscard]] Result<void> check(int channel) const;
  [[nodiscard]] Result<RteGpio> ask(const HttpRequest& request, const Until& until) const;
  [[nodiscard]] Result<RteGpio> get(const Until& until) const;
  [[nodiscard]] Result<RteGpio> change(const RteChange& change, const Until& until);
  [[nodiscard]] Result<void> become_output(const Until& until);
  [[nodiscard]] Result<void> close(const Until& until);
  [[nodiscard]] Fault is_input() const;

  WebDevice rte_;
  Output output_;
  Clock& clock_;
  Instant let_go_by_{};  ///< until then the RTE may still end a press
  bool is_output_ = false;
};

}  // namespace coldboot
