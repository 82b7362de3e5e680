#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

keys::Table telnet_console_keys();
Result<std::unique_ptr<ByteStream>> open_telnet_console(const DeviceEntry& entry, const std::string& name,
                                                        OpenContext& context);

}  // namespace coldboot
