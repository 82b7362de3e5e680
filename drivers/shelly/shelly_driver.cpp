#include "drivers/shelly/shelly_driver.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "drivers/shelly/shelly.hpp"
#include "drivers/shelly/shelly_relay.hpp"

namespace coldboot {
namespace {

struct ShellyKeys : WebKeys {
  std::optional<std::string> mac;
};

keys::Type<ShellyKeys> shelly_type() {
  const auto mac = keys::checked<std::string>(
      keys::text("a4:cf:12:f4:5b:6d"), "a MAC address", [](const std::string& text) -> Result<void> {
        if (plain_mac(text)) return {};
        return Fault(Cause::mistake, "", "found something else, expected twelve hexadecimal digits");
      });
  return with_web_keys(keys::object<ShellyKeys>("shelly", "Relays and sockets of Shelly, of any generation."),
                       "http://192.0.2.7")
      .optional("mac", &ShellyKeys::mac, mac, "Which one it is; another at this address is not switched.",
                "whichever is there");
}

}  // namespace

keys::Table shelly_keys() {
  return keys::table<ShellyKeys>(shelly_type());
}

Result<std::unique_ptr<Relay>> open_shelly(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  const auto keys = keys::from_kept(shelly_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  // The whole keys first, so that a missing password is a mistake before anything is asked.
  if (auto logged_in = WebDevice::open(*keys, std::nullopt, entry.place, context.where); !logged_in)
    return logged_in.error();
  auto device = WebDevice::open({.url = keys->url, .trust = keys->trust}, std::nullopt, entry.place, context.where);
  if (!device) return device.error();
  return std::make_unique<ShellyRelay>(std::move(*device), *keys, entry.place,
                                       keys->mac ? plain_mac(*keys->mac).value_or("") : "");
}

}  // namespace coldboot
