#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

keys::Table command_console_keys();
Result<std::unique_ptr<ByteStream>> open_command_console(const DeviceEntry& entry, const std::string& name,
                                                         OpenContext& context);

}  // namespace coldboot
