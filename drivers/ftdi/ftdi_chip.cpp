#include "drivers/ftdi/ftdi_chip.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace coldboot {
namespace {

// Vendor requests.
constexpr std::uint8_t to_chip = 0x40;
constexpr std::uint8_t from_chip = 0xc0;
constexpr std::uint8_t set_bit_mode = 0x0b;
constexpr std::uint8_t get_pins = 0x0c;

}  // namespace

Result<std::vector<FtdiChip>> find_ftdi_chips(UsbBus& bus, std::span<const std::string_view> usb_ids,
                                              const Until& until) {
  const auto devices = bus.devices();
  if (!devices) return devices.error();
  std::vector<FtdiChip> chips;
  for (const UsbDeviceInfo& info : *devices) {
    if (std::ranges::find(usb_ids, info.id()) == usb_ids.end()) continue;
    auto device = bus.open(info);
    chips.push_back({info, device ? (*device)->strings(until) : Result<UsbStrings>(device.error())});
  }
  return chips;
}

Result<void> set_ftdi_mode(UsbDevice& chip, FtdiMode mode, std::uint8_t mask, const Until& until) {
  const auto value = static_cast<std::uint16_t>(static_cast<unsigned>(mode) << 8U | mask);
  return chip.send({to_chip, set_bit_mode, value, 0}, {}, until);
}

Result<std::uint8_t> read_ftdi_pins(UsbDevice& chip, const std::string& where, const Until& until) {
  const auto bytes = chip.receive({from_chip, get_pins, 0, 0}, 1, until);
  if (!bytes) return bytes.error();
  if (bytes->size() == 1) return bytes->front();
  return Fault(Cause::protocol, where, fmt::format("found {} bytes of pins, expected one", bytes->size()));
}

}  // namespace coldboot
