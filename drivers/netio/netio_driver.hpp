#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

keys::Table netio_keys();
Result<std::unique_ptr<Relay>> open_netio(const DeviceEntry& entry, const std::string& name, OpenContext& context);

}  // namespace coldboot
