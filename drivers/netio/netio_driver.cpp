#include "drivers/netio/netio_driver.hpp"

#include <memory>
#include <utility>

#include "drivers/netio/netio.hpp"
#include "drivers/web/web_outlet.hpp"

namespace coldboot {
namespace {

struct NetioKeys : WebKeys {};

keys::Type<NetioKeys> netio_type() {
  return with_web_keys(keys::object<NetioKeys>("netio", "Outlets of a NETIO power socket, through its JSON interface."),
                       "http://192.0.2.7");
}

}  // namespace

keys::Table netio_keys() {
  return keys::table<NetioKeys>(netio_type());
}

Result<std::unique_ptr<Relay>> open_netio(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  const auto keys = keys::from_kept(netio_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto device = WebDevice::open(*keys, HttpLogin::Scheme::basic, entry.place, context.where);
  if (!device) return device.error();
  return std::make_unique<WebOutlet>(std::move(*device), netio_language());
}

}  // namespace coldboot
