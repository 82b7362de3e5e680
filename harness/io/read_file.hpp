#pragma once

#include <filesystem>
#include <string>

#include "harness/core/result.hpp"

namespace coldboot {

/// The bytes of a file. Faults: `missing`, `io`; a folder is `mistake`.
Result<std::string> read_file(const std::filesystem::path& file);

}  // namespace coldboot
