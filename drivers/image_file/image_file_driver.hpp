#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

// Files and loop devices as a bench file names them.

keys::Table image_file_keys();
Result<std::unique_ptr<BootMedium>> open_image_file(const DeviceEntry& entry, const std::string& name,
                                                    OpenContext& context);

/// Whether an image is one that harness/media can write, of every medium that is written by it.
Result<void> check_written_image(const std::filesystem::path& image, const BenchFile& bench);

}  // namespace coldboot
