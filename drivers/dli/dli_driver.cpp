#include "drivers/dli/dli_driver.hpp"

#include <memory>
#include <utility>

#include "drivers/dli/dli.hpp"
#include "drivers/web/web_outlet.hpp"

namespace coldboot {
namespace {

struct DliKeys : WebKeys {};

keys::Type<DliKeys> dli_type() {
  return with_web_keys(
      keys::object<DliKeys>("dli", "Outlets of a Digital Loggers web power switch, through its REST interface."),
      "http://192.0.2.7");
}

}  // namespace

keys::Table dli_keys() {
  return keys::table<DliKeys>(dli_type());
}

Result<std::unique_ptr<Relay>> open_dli(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  const auto keys = keys::from_kept(dli_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto device = WebDevice::open(*keys, HttpLogin::Scheme::digest, entry.place, context.where);
  if (!device) return device.error();
  return std::make_unique<WebOutlet>(std::move(*device), dli_language());
}

}  // namespace coldboot
