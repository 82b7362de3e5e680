#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

keys::Table pdudaemon_keys();
Result<std::unique_ptr<Relay>> open_pdudaemon(const DeviceEntry& entry, const std::string& name, OpenContext& context);

}  // namespace coldboot
