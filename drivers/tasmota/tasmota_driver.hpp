#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

keys::Table tasmota_keys();
Result<std::unique_ptr<Relay>> open_tasmota(const DeviceEntry& entry, const std::string& name, OpenContext& context);

}  // namespace coldboot
