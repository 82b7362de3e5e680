#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

keys::Table flashrom_inside_keys();
Result<std::unique_ptr<Flasher>> open_flashrom_inside(const DeviceEntry& entry, const std::string& name,
                                                      OpenContext& context);

}  // namespace coldboot
