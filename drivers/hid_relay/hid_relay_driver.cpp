#include "drivers/hid_relay/hid_relay_driver.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "drivers/hid_relay/hid_relay.hpp"
#include "drivers/hid_relay/lcus_hid_relay.hpp"
#include "harness/file/keys.hpp"
#include "harness/file/yaml.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr Nanos opening_limit = 10s;  // several boards, each of which may need its time to be asked

keys::Type<HidRelayIdentity> hid_relay_type() {
  return keys::object<HidRelayIdentity>("hid relay", "A USB HID relay board, 16c0:05df, of one to eight channels.")
      .optional("id", &HidRelayIdentity::id, keys::text("BITFT"), "The board's own id, five characters.")
      .optional("usb", &HidRelayIdentity::port, keys::text("1-4.2"),
                "Where it is plugged in, for boards that share an id.")
      .optional("serial", &HidRelayIdentity::serial, keys::text("A1B2"),
                "USB serial number, for the few boards that have one.")
      .exactly_one({"id", "usb", "serial"});
}

struct LcusHidRelayKeys {
  std::string port;
  int channels = 1;
};

keys::Type<LcusHidRelayKeys> lcus_hid_relay_type() {
  constexpr int most_channels = 8;
  return keys::object<LcusHidRelayKeys>("LCUS HID relay",
                                        "A USB HID relay board, 5131:2007. It cannot be asked for its state.")
      .required("usb", &LcusHidRelayKeys::port, keys::text("1-4.2"), "Where it is plugged in.")
      .required("channels", &LcusHidRelayKeys::channels, keys::integer(1, most_channels, "2"), "How many it has.");
}

/// By its own id, or by where it is plugged in where another has the same.
AttachedDevice attached(const HidRelayBoard& board, const std::vector<HidRelayBoard>& boards) {
  const auto has_its_id = [&](const HidRelayBoard& other) { return other.report.id == board.report.id; };
  const bool is_unique = std::ranges::count_if(boards, has_its_id) == 1;
  AttachedDevice device{.description = description_of(board)};
  device.keys = {is_unique ? std::pair("id", yaml_text(board.report.id))
                           : std::pair("usb", yaml_text(board.device.port))};
  return device;
}

}  // namespace

Result<std::vector<AttachedDevice>> attached_hid_relays() {
  const auto bus = system_usb_bus("usb");
  const auto boards = find_hid_relays(*bus, Until(std::chrono::steady_clock::now() + opening_limit));
  if (!boards) return boards.error();
  std::vector<AttachedDevice> devices;
  for (const HidRelayBoard& board : boards->found) devices.push_back(attached(board, boards->found));
  for (const auto& [device, why] : boards->silent) {
    devices.push_back(
        {.keys = {{"usb", yaml_text(device.port)}},
         .description = fmt::format("perhaps a USB HID relay: a device {} at usb {}", device.id(), device.port),
         .trouble = why});
  }
  return devices;
}

Result<std::vector<AttachedDevice>> attached_lcus_hid_relays() {
  const auto bus = system_usb_bus("usb");
  const auto found = bus->devices();
  if (!found) return found.error();
  std::vector<AttachedDevice> devices;
  for (const UsbDeviceInfo& info : *found) {
    if (info.id() != lcus_hid_relay_usb_id) continue;
    const auto device = bus->open(info);
    devices.push_back(
        {.keys = {{"usb", yaml_text(info.port)}, {"channels", "1"}},
         .description = fmt::format("LCUS HID relay at usb {}; it does not tell how many channels it has", info.port),
         .trouble = device ? std::nullopt : std::optional(device.error())});
  }
  return devices;
}

keys::Table lcus_hid_relay_keys() {
  return keys::table<LcusHidRelayKeys>(lcus_hid_relay_type());
}

Result<std::unique_ptr<Relay>> open_lcus_hid_relay(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  auto keys = keys::from_kept(lcus_hid_relay_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto relay =
      LcusHidRelay::open(system_usb_bus(context.where), {context.where, std::move(keys->port), keys->channels});
  if (!relay) return relay.error();
  return std::unique_ptr<Relay>(std::move(*relay));
}

keys::Table hid_relay_keys() {
  return keys::table<HidRelayIdentity>(hid_relay_type());
}

Result<std::unique_ptr<Relay>> open_hid_relay(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  auto identity = keys::from_kept(hid_relay_type(), entry.keys, entry.place);
  if (!identity) return identity.error();
  auto relay = HidRelay::open(system_usb_bus(context.where), {context.where, std::move(*identity)},
                              Until(context.clock.now() + opening_limit));
  if (!relay) return relay.error();
  return std::unique_ptr<Relay>(std::move(*relay));
}

}  // namespace coldboot
