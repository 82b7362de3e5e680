#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

keys::Table http_keys();
Result<std::unique_ptr<Relay>> open_http(const DeviceEntry& entry, const std::string& name, OpenContext& context);

}  // namespace coldboot
