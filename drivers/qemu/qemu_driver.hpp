#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

// The virtual board as a bench file names it: all its entries on one bench are parts of the same board.

keys::Table qemu_power_keys();
keys::Table qemu_console_keys();
keys::Table qemu_flash_keys();
keys::Table qemu_sd_keys();
keys::Table qemu_port_keys();

Result<std::unique_ptr<PowerSwitch>> open_qemu_power(const DeviceEntry& entry, const std::string& name,
                                                     OpenContext& context);
Result<std::unique_ptr<ByteStream>> open_qemu_console(const DeviceEntry& entry, const std::string& name,
                                                      OpenContext& context);
Result<std::unique_ptr<BootMedium>> open_qemu_flash(const DeviceEntry& entry, const std::string& name,
                                                    OpenContext& context);
Result<std::unique_ptr<BootMedium>> open_qemu_sd(const DeviceEntry& entry, const std::string& name,
                                                 OpenContext& context);
Result<std::unique_ptr<NetworkPort>> open_qemu_port(const DeviceEntry& entry, const std::string& name,
                                                    OpenContext& context);

Result<void> check_qemu_flash(const std::filesystem::path& image, const BenchFile& bench);
Result<void> check_qemu_sd(const std::filesystem::path& image, const BenchFile& bench);

}  // namespace coldboot
