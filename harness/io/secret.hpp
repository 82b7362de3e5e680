#pragma once

#include <filesystem>
#include <string>

#include "harness/core/result.hpp"

namespace coldboot {

/// Whether a text in a file of ours refers to a secret, "file:PATH", "env:NAME" or
/// "command:WORDS". A secret itself never stands there.
Result<void> check_secret_reference(const std::string& reference);

/// The secret: a file's first line, an environment variable, or the first line that a program writes (command_words(),
/// run in `folder`, 10 s). Relative paths are below `folder`. Read when a device is opened, so that it is nowhere
/// before. Faults, which never hold it, with `where` as their place: `mistake` (no reference, or empty), `missing` (no
/// such file, variable or program), `refused` (the program failed), `timeout`, `io`.
Result<std::string> read_secret(const std::string& reference, const std::filesystem::path& folder,
                                const std::string& where);

/// The file that a reference names; an empty path where it names none.
std::filesystem::path secret_file(const std::string& reference, const std::filesystem::path& folder);

}  // namespace coldboot
