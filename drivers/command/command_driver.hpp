#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

keys::Table command_relay_keys();
Result<std::unique_ptr<Relay>> open_command_relay(const DeviceEntry& entry, const std::string& name,
                                                  OpenContext& context);

}  // namespace coldboot
