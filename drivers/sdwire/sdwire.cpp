#include "drivers/sdwire/sdwire.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/media/disks.hpp"

namespace coldboot {
namespace {

// All four CBUS pins are outputs, and CBUS0 chooses. Source: README.md, "Requests".
constexpr std::uint8_t outputs = 0xf0;
constexpr std::uint8_t to_the_host = 0x01;

}  // namespace

Result<void> SdWire::connect(const Until& until) {
  if (device_) return {};
  const auto info = find(until);
  if (!info) return info.error();
  if (hub_of(info->port).empty()) {
    return Fault(Cause::refused, config_.where,
                 fmt::format("the SDWire {} is at usb {}, expected it at a hub of its own", wanted(), info->port),
                 "its card reader is found by that hub; is this an SDWire?");
  }
  auto device = bus_->open(*info);
  if (!device) return seen_from_here(device.error());
  device_ = std::move(*device);
  port_ = info->port;
  return {};
}

Result<void> SdWire::turn(CardSide to, const Until& until) {
  if (to == CardSide::off)
    return Fault(Cause::refused, config_.where, "an SDWire cannot take the card from both sides");
  if (auto put_there = put(to, until); !put_there) return put_there;
  const auto now = side(until);
  if (!now) return now.error();
  if (*now == to) return {};
  return Fault(
      Cause::protocol, config_.where,
      fmt::format("{} reads back {}, expected {}", description(), name_of(now->value_or(CardSide::off)), name_of(to)),
      "unplug it for a moment");
}

Result<void> SdWire::put(CardSide to, const Until& until) {
  if (auto connected = connect(until); !connected) return connected;
  const auto mask = static_cast<std::uint8_t>(to == CardSide::host ? outputs | to_the_host : outputs);
  if (auto set = set_ftdi_mode(*device_, FtdiMode::cbus, mask, until); !set) return lose(set.error());
  return {};
}

Result<std::optional<CardSide>> SdWire::side(const Until& until) {
  if (auto connected = connect(until); !connected) return connected.error();
  const auto pins = read_ftdi_pins(*device_, config_.where, until);
  if (!pins) return lose(pins.error());
  return std::optional((*pins & to_the_host) != 0 ? CardSide::host : CardSide::dut);
}

Result<CardReader> SdWire::reader(const Until& until) {
  if (auto connected = connect(until); !connected) return connected.error();
  return CardReader{.port = "", .hub = hub_of(port_), .chip = port_};
}

std::string SdWire::description() const {
  return fmt::format("SDWire{}{}", config_.id.empty() ? "" : " " + printable_line(config_.id),
                     port_.empty() ? "" : " at usb " + port_);
}

Result<UsbDeviceInfo> SdWire::find(const Until& until) {
  const auto chips = find_ftdi_chips(*bus_, sdwire_usb_ids, until);
  if (!chips) return seen_from_here(chips.error());
  std::vector<UsbDeviceInfo> fitting;
  std::optional<Fault> silent;
  for (const FtdiChip& chip : *chips) {
    if (!config_.port.empty() && chip.device.port != config_.port) continue;
    if (!chip.strings) {
      silent = chip.strings.error();
      continue;
    }
    if (!is_meant(chip)) continue;
    if (chip.strings->product != sdwire_product) {
      return Fault(Cause::refused, config_.where,
                   fmt::format("the device {} is called \"{}\", expected \"{}\"", wanted(),
                               printable_line(chip.strings->product), sdwire_product),
                   "SD-MUX and USB-MUX have the same USB ids, and other switches");
    }
    fitting.push_back(chip.device);
  }
  if (fitting.size() == 1) return fitting.front();
  if (fitting.size() > 1) {
    return Fault(Cause::refused, config_.where, fmt::format("found {} SDWires {}", fitting.size(), wanted()),
                 fmt::format("name the one meant by where it is plugged in: usb: \"{}\" or \"{}\"", fitting[0].port,
                             fitting[1].port));
  }
  if (silent) return seen_from_here(silent->within(fmt::format("no SDWire {} answers", wanted())));
  return Fault(port_.empty() ? Cause::missing : Cause::lost, config_.where, fmt::format("found no SDWire {}", wanted()),
               "is it plugged in? coldboot devices lists what is");
}

bool SdWire::is_meant(const FtdiChip& chip) const {
  return config_.id.empty() || chip.strings->serial == config_.id;
}

std::string SdWire::wanted() const {
  return config_.id.empty() ? fmt::format("at usb {}", printable_line(config_.port))
                            : fmt::format("with the id {}", printable_line(config_.id));
}

/// Lets go of the chip after a fault, to find it anew with the next call.
Fault SdWire::lose(const Fault& fault) {
  device_.reset();
  return seen_from_here(fault);
}

Fault SdWire::seen_from_here(const Fault& fault) const {
  if (fault.where() == config_.where) return fault;
  const std::string what = fault.where().empty() ? fault.what() : fmt::format("{}: {}", fault.where(), fault.what());
  return Fault(fault.cause(), config_.where, what, fault.hint());
}

}  // namespace coldboot
