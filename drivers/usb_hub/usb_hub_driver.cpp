#include "drivers/usb_hub/usb_hub_driver.hpp"

#include <utility>

#include <fmt/format.h>

#include "drivers/usb_hub/usb_hub.hpp"
#include "harness/file/keys.hpp"
#include "harness/file/yaml.hpp"

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

/// Hubs that switch their ports one by one, each once by its half of USB 2; those of the mainboard are left out. One
/// that this user may not open is shown, since it may be one of them.
Result<std::vector<AttachedDevice>> attached_usb_hubs() {
  const auto bus = system_usb_bus("usb");
  const auto found = bus->devices();
  if (!found) return found.error();
  std::vector<AttachedDevice> devices;
  for (const UsbDeviceInfo& info : *found) {
    if (info.device_class != usb_hub_class || info.version >= usb3_version || info.port.starts_with("usb")) continue;
    AttachedDevice device{.keys = {{"hub", yaml_text(info.port)}}};
    if (const auto opened = bus->open(info); !opened) {
      device.description = fmt::format("perhaps a USB hub that switches its ports, at usb {}", info.port);
      device.trouble = opened.error();
    } else {
      const Until until(std::chrono::steady_clock::now() + opening_limit);
      const auto hub = UsbHub::open(system_usb_bus("usb"), {"usb", info.port, false}, until);
      if (!hub) continue;
      device.description = fmt::format("{}, a channel is a port", (*hub)->description());
    }
    devices.push_back(std::move(device));
  }
  return devices;
}

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
