#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "drivers/web/web_device.hpp"
#include "harness/device/relay.hpp"

namespace coldboot {

/// How a family of outlets is spoken to: the requests, and what their answers mean. Faults have no place yet.
struct OutletLanguage {
  std::string family;  ///< for people: "Tasmota outlet"
  std::function<HttpRequest(const WebDevice& device, int channel, Contact wanted)> change;
  /// Whether the answer to a change says that it was taken.
  std::function<Result<void>(std::string_view answer, int channel, Contact wanted)> taken;
  /// Nothing where the family cannot be asked.
  std::function<HttpRequest(const WebDevice& device, int channel)> question;
  std::function<Result<Contact>(std::string_view answer, int channel)> state;
};

/// Outlets, or relays, behind a web server.
class WebOutlet final : public Relay {
 public:
  WebOutlet(WebDevice device, OutletLanguage language);

  Result<void> set(int channel, Contact wanted, const Until& until) override;
  Result<std::optional<Contact>> read(int channel, const Until& until) override;
  [[nodiscard]] std::string description() const override;
  /// The relay's own: 20 ms, twice what data sheets of small relays have. What the network takes lies between sending
  /// and returning.
  [[nodiscard]] Nanos delay() const override { return std::chrono::milliseconds(20); }

 private:
  [[nodiscard]] Result<void> check(int channel) const;
  [[nodiscard]] Fault placed(const Fault& fault) const;

  WebDevice device_;
  OutletLanguage language_;
};

/// `protocol`: an answer that says the outlet is not as wanted.
Fault answered_otherwise(int channel, Contact wanted);

}  // namespace coldboot
