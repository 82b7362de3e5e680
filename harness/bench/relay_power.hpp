#pragma once

#include <functional>
#include <optional>
#include <string>

#include "harness/bench/bench_file.hpp"
#include "harness/core/clock.hpp"
#include "harness/device/power_switch.hpp"
#include "harness/device/relay.hpp"
#include "harness/event/event.hpp"

namespace coldboot {

/// A channel of a relay as what turns the DUT on and off. It switches, lets the contact settle, reads back, and tries
/// again as the bench file says when a try failed or the relay reads back otherwise.
class RelayPower final : public PowerSwitch {
 public:
  using Tell = std::function<void(EventBody)>;

  /// `where` is the place in faults: "apu2-07/power". Each try that failed is told as a note.
  RelayPower(Relay& relay, RelayEntry entry, std::string where, Clock& clock, Tell tell);

  /// The stamps are those of the try that took effect, by its number. Where a relay cannot be read, `read_back` stays
  /// empty and a note says once that the state is assumed. Where a try that seemed to have failed proves later to have
  /// taken effect, `device_delay` covers the time until that was seen.
  /// Faults: those of Relay::set() and read() of the last try; `protocol` when every try read back otherwise.
  Result<PowerSwitched> set(Power wanted, const Until& until) override;

  Result<std::optional<Power>> state(const Until& until) override;

 private:
  struct Try {
    PowerSwitched switched;  ///< as far as is known
    std::optional<Fault> fault;
  };

  Try attempt(Power wanted, int number, const Until& until);
  std::optional<Fault> read_back(PowerSwitched& switched, const Until& until);
  bool took_effect_after_all(PowerSwitched& switched, const Until& until);
  [[nodiscard]] Contact contact_for(Power power) const;
  [[nodiscard]] Power power_of(Contact contact) const;
  void note(const std::string& text);

  Relay& relay_;
  RelayEntry entry_;
  std::string where_;
  Clock& clock_;
  Tell tell_;
  bool told_assumed_ = false;
};

}  // namespace coldboot
