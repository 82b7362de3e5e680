#include "drivers/usb_hub/usb_hub_driver.hpp"

#include "drivers/usb_hub/usb_hub.hpp"
#include "harness/file/keys.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr Nanos opening_limit = 10s;

struct UsbHubKeys {
  std::string hub;
  bool alone = false;
};

keys::Type<UsbHubKeys> usb_hub_type() {
  return keys::object<UsbHubKeys>("usb hub", "The power of a USB hub's ports; a channel is a port.")
      .required("hub", &UsbHubKeys::hub, keys::text("1-4"), "Where the hub is plugged in.")
      .optional("alone", &UsbHubKeys::alone, keys::boolean(),
                "Do not look for the other half of a USB 3 hub: a port whose other half has power keeps it.",
                "`false`");
}

}  // namespace

keys::Table usb_hub_keys() {
  return keys::table<UsbHubKeys>(usb_hub_type());
}

Result<std::unique_ptr<Relay>> open_usb_hub(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  auto keys = keys::from_kept(usb_hub_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto hub = UsbHub::open(system_usb_bus(context.where), {context.where, std::move(keys->hub), keys->alone},
                          Until(context.clock.now() + opening_limit));
  if (!hub) return hub.error();
  return std::unique_ptr<Relay>(std::move(*hub));
}

}  // namespace coldboot
