#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

// Relay boards behind a serial port as a bench file names them.

keys::Table serial_relay_keys();
Result<std::unique_ptr<Relay>> open_serial_relay(const DeviceEntry& entry, const std::string& name,
                                                 OpenContext& context);
Result<std::vector<AttachedDevice>> attached_serial_relays();
std::vector<std::string> mend_serial_relay(const DeviceEntry& entry);

}  // namespace coldboot
