#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

keys::Table labgrid_keys();
Result<std::unique_ptr<Relay>> open_labgrid(const DeviceEntry& entry, const std::string& name, OpenContext& context);

}  // namespace coldboot
