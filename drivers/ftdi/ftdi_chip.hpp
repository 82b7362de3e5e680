#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/io/usb.hpp"

namespace coldboot {

/// A chip that was found, or why it could not be asked for its names.
struct FtdiChip {
  UsbDeviceInfo device;
  Result<UsbStrings> strings;
};

/// Every chip on the bus with one of the USB ids. Faults: those of UsbBus.
Result<std::vector<FtdiChip>> find_ftdi_chips(UsbBus& bus, std::span<const std::string_view> usb_ids,
                                              const Until& until);

/// What the pins of a chip do, where they are no serial line. `data`: the eight data pins, a set bit of the mask is an
/// output. `cbus`: four pins; outputs in the high half of the mask, their levels in the low one.
enum class FtdiMode : std::uint8_t { data = 0x01, cbus = 0x20 };

/// Source: libftdi 1.5, whose requests these are. Faults: those of UsbDevice.
Result<void> set_ftdi_mode(UsbDevice& chip, FtdiMode mode, std::uint8_t mask, const Until& until);

/// The pins as they are; in CBUS mode the low half. Faults: those of UsbDevice; `protocol` for no byte or several.
Result<std::uint8_t> read_ftdi_pins(UsbDevice& chip, const std::string& where, const Until& until);

}  // namespace coldboot
