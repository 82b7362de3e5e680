#include "drivers/gude/gude_driver.hpp"

#include <memory>
#include <utility>

#include "drivers/gude/gude.hpp"
#include "drivers/web/web_outlet.hpp"

namespace coldboot {
namespace {

struct GudeKeys : WebKeys {};

keys::Type<GudeKeys> gude_type() {
  return with_web_keys(keys::object<GudeKeys>("gude", "Outlets of a Gude Expert power switch."), "http://192.0.2.7");
}

}  // namespace

keys::Table gude_keys() {
  return keys::table<GudeKeys>(gude_type());
}

Result<std::unique_ptr<Relay>> open_gude(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  const auto keys = keys::from_kept(gude_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto device = WebDevice::open(*keys, HttpLogin::Scheme::basic, entry.place, context.where);
  if (!device) return device.error();
  return std::make_unique<WebOutlet>(std::move(*device), gude_language());
}

}  // namespace coldboot
