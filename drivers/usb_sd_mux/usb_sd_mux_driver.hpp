#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

// Cards behind a USB-SD-Mux as a bench file names them.

keys::Table usb_sd_mux_keys();
Result<std::unique_ptr<BootMedium>> open_usb_sd_mux(const DeviceEntry& entry, const std::string& name,
                                                    OpenContext& context);

}  // namespace coldboot
