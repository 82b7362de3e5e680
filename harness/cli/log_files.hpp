#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/console/boot_watcher.hpp"
#include "harness/import/import_log.hpp"
#include "harness/scenario/read_profile.hpp"

namespace coldboot {

/// A profile that can be looked for in a log.
struct LogProfile {
  Profile profile;
  std::shared_ptr<const CompiledPlan> compiled;
};

/// Reads a log captured by another tool. Its origin is that of `options`, or, where none is given, the zero of a
/// stopwatch and the first stamp of anything else. Tells what went wrong.
std::optional<ImportedLog> read_log(const std::filesystem::path& file, ImportOptions options = {},
                                    std::optional<LogOrigin> origin = {});

/// The profile of that name or file. Tells what is wrong with it.
std::optional<LogProfile> named_profile(const std::string& name, const std::vector<std::filesystem::path>& folders);

/// The profile of those in `folders` that explains the log best; nothing when none has a marker in it.
std::optional<LogProfile> guessed_profile(const ImportedLog& log, const std::vector<std::filesystem::path>& folders);

}  // namespace coldboot
