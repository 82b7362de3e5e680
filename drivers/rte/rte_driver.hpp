#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

keys::Table rte_relay_keys();
Result<std::unique_ptr<Relay>> open_rte_relay(const DeviceEntry& entry, const std::string& name, OpenContext& context);

}  // namespace coldboot
