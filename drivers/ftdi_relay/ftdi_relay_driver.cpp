#include "drivers/ftdi_relay/ftdi_relay_driver.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "drivers/ftdi_relay/ftdi_relay.hpp"
#include "harness/core/text.hpp"
#include "harness/file/keys.hpp"
#include "harness/file/yaml.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr Nanos opening_limit = 10s;

struct FtdiRelayKeys {
  std::string serial;
  std::string port;
  std::string product = usual_ftdi_card;
  FtdiPins pins = FtdiPins::data;
  FtdiOrder order = FtdiOrder::straight;
};

keys::Type<FtdiRelayKeys> ftdi_relay_type() {
  return keys::object<FtdiRelayKeys>("ftdi relay", "A relay card on the pins of an FTDI chip.")
      .optional("serial", &FtdiRelayKeys::serial, keys::text("A5XK3RJT"), "The chip's USB serial number.")
      .optional("usb", &FtdiRelayKeys::port, keys::text("1-4.2"), "Where it is plugged in, for chips without one.")
      .exactly_one({"serial", "usb"})
      .optional("product", &FtdiRelayKeys::product, keys::text("FT245R USB FIFO"),
                "What the chip must be called, so that no console cable is taken for it.", "FT245R USB FIFO")
      .optional("pins", &FtdiRelayKeys::pins,
                keys::word<FtdiPins>({{"data", FtdiPins::data, "the eight data pins."},
                                      {"cbus", FtdiPins::cbus, "CBUS0 to CBUS3; the serial line goes on working."}}),
                "Which pins switch.", "`data`")
      .optional("order", &FtdiRelayKeys::order,
                keys::word<FtdiOrder>({{"straight", FtdiOrder::straight, "channel 1 on the first pin, and so on."},
                                       {"odd", FtdiOrder::odd, "on every second pin, as cards of four by Denkovi."}}),
                "Which pin belongs to which channel.", "`straight`");
}

/// By its serial number, or by where it is plugged in where it has none or another has the same.
std::pair<std::string, std::string> identity(const FtdiChip& chip, const std::vector<FtdiChip>& chips) {
  const std::string& serial = chip.strings->serial;
  const auto has_its_serial = [&](const FtdiChip& other) { return other.strings && other.strings->serial == serial; };
  const bool is_unique = !serial.empty() && std::ranges::count_if(chips, has_its_serial) == 1;
  return is_unique ? std::pair("serial", yaml_text(serial)) : std::pair("usb", yaml_text(chip.device.port));
}

}  // namespace

/// Cards only: a console cable may have its CBUS pins wired to a relay, but does not say so.
Result<std::vector<AttachedDevice>> attached_ftdi_relays() {
  const auto bus = system_usb_bus("usb");
  const auto chips = find_ftdi_chips(*bus, ftdi_relay_usb_ids, Until(std::chrono::steady_clock::now() + opening_limit));
  if (!chips) return chips.error();
  std::vector<AttachedDevice> devices;
  for (const FtdiChip& chip : *chips) {
    if (!chip.strings || chip.strings->product != usual_ftdi_card) continue;
    devices.push_back({.keys = {identity(chip, *chips)},
                       .description = fmt::format("FTDI relay card {} at usb {}", printable_line(chip.strings->serial),
                                                  chip.device.port)});
  }
  return devices;
}

keys::Table ftdi_relay_keys() {
  return keys::table<FtdiRelayKeys>(ftdi_relay_type());
}

Result<std::unique_ptr<Relay>> open_ftdi_relay(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  auto keys = keys::from_kept(ftdi_relay_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  FtdiRelayConfig config{.where = context.where,
                         .serial = std::move(keys->serial),
                         .port = std::move(keys->port),
                         .product = std::move(keys->product),
                         .pins = keys->pins,
                         .order = keys->order};
  auto relay =
      FtdiRelay::open(system_usb_bus(context.where), std::move(config), Until(context.clock.now() + opening_limit));
  if (!relay) return relay.error();
  return std::unique_ptr<Relay>(std::move(*relay));
}

}  // namespace coldboot
