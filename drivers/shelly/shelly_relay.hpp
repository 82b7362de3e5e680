#pragma once

#include <optional>
#include <string>

#include "drivers/web/web_keys.hpp"
#include "drivers/web/web_outlet.hpp"
#include "harness/device/relay.hpp"

namespace coldboot {

/// A Shelly, which is asked what it is before it is told anything: which language it speaks, and whether it is the
/// one that is meant.
class ShellyRelay final : public Relay {
 public:
  /// `device` needs no login, `keys` has it; `mac` as plain_mac() writes it, empty where any will do.
  ShellyRelay(WebDevice device, WebKeys keys, Place place, std::string mac);

  Result<void> set(int channel, Contact wanted, const Until& until) override;
  Result<std::optional<Contact>> read(int channel, const Until& until) override;
  [[nodiscard]] std::string description() const override;
  [[nodiscard]] Nanos delay() const override { return std::chrono::milliseconds(20); }

 private:
  [[nodiscard]] Result<void> meet(const Until& until);

  WebDevice device_;
  WebKeys keys_;
  Place place_;
  std::string mac_;
  std::optional<WebOutlet> outlet_;
};

}  // namespace coldboot
