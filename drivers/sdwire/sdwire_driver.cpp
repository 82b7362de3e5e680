#include "drivers/sdwire/sdwire_driver.hpp"

#include <fmt/format.h>

#include "drivers/sdwire/sdwire.hpp"
#include "drivers/sdwire/sdwire3.hpp"
#include "harness/core/text.hpp"
#include "harness/file/keys.hpp"
#include "harness/file/yaml.hpp"
#include "harness/media/card_medium.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr Nanos opening_limit = 10s;
constexpr const char* size_doc =
    "Size of the card, to the byte: a disk of another size is never written to. `lsblk -b` shows it.";

struct SdWireKeys {
  std::string id;
  std::string port;
  std::uint64_t size = 0;
};

struct SdWire3Keys {
  std::string port;
  std::uint64_t size = 0;
};

keys::Type<SdWireKeys> sdwire_type() {
  return keys::object<SdWireKeys>("sdwire", "A card behind an SDWire or SDWireC.")
      .optional("id", &SdWireKeys::id, keys::text("sd-wire_11-19"), "Its serial number, as it was set up.")
      .optional("usb", &SdWireKeys::port, keys::text("1-4.2"), "Where its FT200X is plugged in, for one without.")
      .exactly_one({"id", "usb"})
      .required("size", &SdWireKeys::size, keys::size("15931539456 B"), size_doc);
}

keys::Type<SdWire3Keys> sdwire3_type() {
  return keys::object<SdWire3Keys>("sdwire3", "A card behind an SDWire3, which has no name of its own.")
      .required("usb", &SdWire3Keys::port, keys::text("1-4.2"), "Where it is plugged in.")
      .required("size", &SdWire3Keys::size, keys::size("15931539456 B"), size_doc);
}

}  // namespace

keys::Table sdwire_keys() {
  return keys::table<SdWireKeys>(sdwire_type());
}

keys::Table sdwire3_keys() {
  return keys::table<SdWire3Keys>(sdwire3_type());
}

Result<std::unique_ptr<BootMedium>> open_sdwire(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  const auto keys = keys::from_kept(sdwire_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto sdwire = std::make_unique<SdWire>(system_usb_bus(context.where),
                                         SdWireConfig{.where = context.where, .id = keys->id, .port = keys->port});
  if (auto found = sdwire->connect(Until(context.clock.now() + opening_limit)); !found) return found.error();
  CardMediumConfig config{.where = context.where,
                          .lock = card_lock("sdwire", keys->id.empty() ? keys->port : keys->id),
                          .bytes = keys->size};
  return std::unique_ptr<BootMedium>(std::make_unique<CardMedium>(std::move(sdwire), std::move(config), context.clock));
}

Result<std::unique_ptr<BootMedium>> open_sdwire3(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  const auto keys = keys::from_kept(sdwire3_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto sdwire = std::make_unique<SdWire3>(system_usb_bus(context.where),
                                          SdWire3Config{.where = context.where, .port = keys->port});
  if (auto found = sdwire->connect(Until(context.clock.now() + opening_limit)); !found) return found.error();
  CardMediumConfig config{.where = context.where, .lock = card_lock("sdwire3", keys->port), .bytes = keys->size};
  return std::unique_ptr<BootMedium>(std::make_unique<CardMedium>(std::move(sdwire), std::move(config), context.clock));
}

Result<std::vector<AttachedDevice>> attached_sdwires() {
  const auto bus = system_usb_bus("usb");
  const auto chips = find_ftdi_chips(*bus, sdwire_usb_ids, Until(std::chrono::steady_clock::now() + opening_limit));
  if (!chips) return chips.error();
  std::vector<AttachedDevice> devices;
  for (const FtdiChip& chip : *chips) {
    if (!chip.strings || chip.strings->product != sdwire_product) continue;
    const bool has_id = !chip.strings->serial.empty();
    devices.push_back(
        {.keys = {has_id ? std::pair("id", yaml_text(chip.strings->serial))
                         : std::pair("usb", yaml_text(chip.device.port))},
         .description = fmt::format("SDWire {} at usb {}", printable_line(chip.strings->serial), chip.device.port)});
  }
  return devices;
}

}  // namespace coldboot
