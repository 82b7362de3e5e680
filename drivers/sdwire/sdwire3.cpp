#include "drivers/sdwire/sdwire3.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {

Result<void> SdWire3::connect(const Until&) {
  const auto device = open();
  if (!device) return device.error();
  return {};
}

/// It is another device on the bus after each reset, so it is opened for each.
Result<std::unique_ptr<UsbDevice>> SdWire3::open() {
  const auto devices = bus_->devices();
  if (!devices) return devices.error();
  const auto at = std::ranges::find(*devices, config_.port, &UsbDeviceInfo::port);
  if (at == devices->end())
    return Fault(Cause::missing, config_.where, fmt::format("found nothing at usb {}", printable_line(config_.port)),
                 "is it plugged in?");
  if (at->id() != sdwire3_usb_id) {
    return Fault(Cause::refused, config_.where,
                 fmt::format("found {} at usb {}, expected an SDWire3 ({})", at->id(), at->port, sdwire3_usb_id));
  }
  return bus_->open(*at);
}

Result<void> SdWire3::turn(CardSide to, const Until& until) {
  if (to == CardSide::off)
    return Fault(Cause::refused, config_.where, "an SDWire3 cannot take the card from both sides");
  if (until.stop.stop_requested()) return Fault(Cause::stopped, config_.where, "asked to stop");
  const auto device = open();
  if (!device) return device.error();
  const auto driver = to == CardSide::host ? (*device)->attach_driver(0) : (*device)->detach_driver(0);
  if (!driver) return driver;
  return (*device)->reset();
}

Result<std::optional<CardSide>> SdWire3::side(const Until&) {
  const auto disk = config_.disks.of_reader({.port = config_.port, .hub = "", .chip = ""});
  if (!disk) return disk.error();
  return std::optional(*disk ? CardSide::host : CardSide::dut);
}

Result<CardReader> SdWire3::reader(const Until&) {
  return CardReader{.port = config_.port, .hub = "", .chip = ""};
}

std::string SdWire3::description() const {
  return fmt::format("SDWire3 at usb {}", config_.port);
}

}  // namespace coldboot
