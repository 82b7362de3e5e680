#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

keys::Table gude_keys();
Result<std::unique_ptr<Relay>> open_gude(const DeviceEntry& entry, const std::string& name, OpenContext& context);

}  // namespace coldboot
