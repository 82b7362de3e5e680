#include "drivers/tasmota/tasmota_driver.hpp"

#include <memory>
#include <utility>

#include "drivers/tasmota/tasmota.hpp"
#include "drivers/web/web_outlet.hpp"

namespace coldboot {
namespace {

struct TasmotaKeys : WebKeys {};

keys::Type<TasmotaKeys> tasmota_type() {
  return with_web_keys(
      keys::object<TasmotaKeys>("tasmota", "Outlets and relays with Tasmota firmware (Sonoff and many others)."),
      "http://192.0.2.7");
}

}  // namespace

keys::Table tasmota_keys() {
  return keys::table<TasmotaKeys>(tasmota_type());
}

Result<std::unique_ptr<Relay>> open_tasmota(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  const auto keys = keys::from_kept(tasmota_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto device = WebDevice::open(*keys, std::nullopt, entry.place, context.where);
  if (!device) return device.error();
  return std::make_unique<WebOutlet>(std::move(*device), tasmota_language());
}

}  // namespace coldboot
