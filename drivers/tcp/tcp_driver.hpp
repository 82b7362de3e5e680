#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

keys::Table tcp_console_keys();
Result<std::unique_ptr<ByteStream>> open_tcp_console(const DeviceEntry& entry, const std::string& name,
                                                     OpenContext& context);

}  // namespace coldboot
