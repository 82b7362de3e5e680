#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

// A console at a pseudo-terminal that another program of this host made: QEMU's `-serial pty`, socat, Xen's `xl
// console`.

keys::Table pty_keys();
Result<std::unique_ptr<ByteStream>> open_pty(const DeviceEntry& entry, const std::string& name, OpenContext& context);

}  // namespace coldboot
