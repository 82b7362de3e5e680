#include "drivers/pdudaemon/pdudaemon_driver.hpp"

#include <memory>
#include <string>
#include <utility>

#include "drivers/pdudaemon/pdudaemon.hpp"

namespace coldboot {
namespace {

struct PdudaemonKeys : WebKeys {
  std::string pdu;
};

keys::Type<PdudaemonKeys> pdudaemon_type() {
  return with_web_keys(
             keys::object<PdudaemonKeys>("pdudaemon",
                                         "Outlets that a pdudaemon of the lab switches. It queues what it is told and "
                                         "cannot be asked for a state."),
             "http://lab:16421")
      .required("pdu", &PdudaemonKeys::pdu, keys::text("pdu-3"), "The PDU, as pdudaemon's configuration names it.");
}

}  // namespace

keys::Table pdudaemon_keys() {
  return keys::table<PdudaemonKeys>(pdudaemon_type());
}

Result<std::unique_ptr<Relay>> open_pdudaemon(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  const auto keys = keys::from_kept(pdudaemon_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto device = WebDevice::open(*keys, HttpLogin::Scheme::basic, entry.place, context.where);
  if (!device) return device.error();
  return std::make_unique<WebOutlet>(std::move(*device), pdudaemon_language(keys->pdu));
}

}  // namespace coldboot
