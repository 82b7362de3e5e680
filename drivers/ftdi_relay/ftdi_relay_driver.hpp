#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

// Relay cards on FTDI chips as a bench file names them.

keys::Table ftdi_relay_keys();
Result<std::unique_ptr<Relay>> open_ftdi_relay(const DeviceEntry& entry, const std::string& name, OpenContext& context);
Result<std::vector<AttachedDevice>> attached_ftdi_relays();

}  // namespace coldboot
