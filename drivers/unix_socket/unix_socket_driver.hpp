#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

// A console at a Unix socket: what QEMU, conserver (type uds) and socat make of one.

keys::Table unix_socket_keys();
Result<std::unique_ptr<ByteStream>> open_unix_socket(const DeviceEntry& entry, const std::string& name,
                                                     OpenContext& context);

}  // namespace coldboot
