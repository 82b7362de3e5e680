#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

// Ports of a USB hub as a bench file names them.

keys::Table usb_hub_keys();
Result<std::unique_ptr<Relay>> open_usb_hub(const DeviceEntry& entry, const std::string& name, OpenContext& context);
Result<std::vector<AttachedDevice>> attached_usb_hubs();

}  // namespace coldboot
