#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

// Cards behind an SDWire as a bench file names them.

keys::Table sdwire_keys();
keys::Table sdwire3_keys();
Result<std::unique_ptr<BootMedium>> open_sdwire(const DeviceEntry& entry, const std::string& name,
                                                OpenContext& context);
Result<std::unique_ptr<BootMedium>> open_sdwire3(const DeviceEntry& entry, const std::string& name,
                                                 OpenContext& context);
Result<std::vector<AttachedDevice>> attached_sdwires();

}  // namespace coldboot
