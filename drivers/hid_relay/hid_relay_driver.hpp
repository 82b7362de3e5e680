#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

// USB HID relay boards as a bench file names them.

keys::Table hid_relay_keys();
Result<std::unique_ptr<Relay>> open_hid_relay(const DeviceEntry& entry, const std::string& name, OpenContext& context);
Result<std::vector<AttachedDevice>> attached_hid_relays();

keys::Table lcus_hid_relay_keys();
Result<std::unique_ptr<Relay>> open_lcus_hid_relay(const DeviceEntry& entry, const std::string& name,
                                                   OpenContext& context);
Result<std::vector<AttachedDevice>> attached_lcus_hid_relays();

}  // namespace coldboot
