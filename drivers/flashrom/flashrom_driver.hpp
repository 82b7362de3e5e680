#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

keys::Table flashrom_keys();
Result<std::unique_ptr<Flasher>> open_flashrom(const DeviceEntry& entry, const std::string& name, OpenContext& context);

}  // namespace coldboot
