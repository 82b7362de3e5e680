#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

keys::Table tty_keys();
Result<std::unique_ptr<ByteStream>> open_tty(const DeviceEntry& entry, const std::string& name, OpenContext& context);
Result<std::vector<AttachedDevice>> attached_ttys();
std::vector<std::string> mend_tty(const DeviceEntry& entry);

}  // namespace coldboot
