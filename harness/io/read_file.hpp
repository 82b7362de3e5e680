#pragma once

#include <filesystem>
#include <string>

#include "harness/core/result.hpp"

namespace coldboot {

/// The bytes of a file, or of a pipe. Faults: `missing`, `io`; a folder, or more than `most` bytes, is `mistake`.
Result<std::string> read_file(const std::filesystem::path& file, std::size_t most = std::size_t{1} << 30U);

}  // namespace coldboot
