#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

keys::Table dli_keys();
Result<std::unique_ptr<Relay>> open_dli(const DeviceEntry& entry, const std::string& name, OpenContext& context);

}  // namespace coldboot
