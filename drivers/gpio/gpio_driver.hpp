#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

// A GPIO line as a bench file names it.

keys::Table gpio_keys();
Result<std::unique_ptr<Relay>> open_gpio(const DeviceEntry& entry, const std::string& name, OpenContext& context);

}  // namespace coldboot
