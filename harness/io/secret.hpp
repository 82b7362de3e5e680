#pragma once

#include <filesystem>
#include <string>

#include "harness/core/result.hpp"

namespace coldboot {

/// Whether a text in a file of ours refers to a secret, "file:PATH" or "env:NAME". A secret itself never stands there.
Result<void> check_secret_reference(const std::string& reference);

/// The secret: a file's first line, or an environment variable. Relative paths are below `folder`. Read when a device
/// is opened, so that it is nowhere before. Faults, which never hold it, with `where` as their place: `mistake` (no
/// reference, or empty), `missing` (no such file or variable), `io`.
Result<std::string> read_secret(const std::string& reference, const std::filesystem::path& folder,
                                const std::string& where);

/// The file that a reference names; an empty path where it names none.
std::filesystem::path secret_file(const std::string& reference, const std::filesystem::path& folder);

}  // namespace coldboot
