#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

keys::Table shelly_keys();
Result<std::unique_ptr<Relay>> open_shelly(const DeviceEntry& entry, const std::string& name, OpenContext& context);

}  // namespace coldboot
