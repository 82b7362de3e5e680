#pragma once

#include <filesystem>

#include "harness/bench/bench_file.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// The file of the bench's golden image, which is what the bench file says it is.
/// Faults: `mistake` when the bench names none, or the file's hash is another; `missing`, `io`.
Result<std::filesystem::path> golden_image(const BenchFile& bench);

}  // namespace coldboot
