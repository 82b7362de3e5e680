#pragma once

#include <filesystem>
#include <string_view>

#include "harness/core/result.hpp"

namespace coldboot {

/// Replaces `path` by `text` so that whoever reads it, at any moment and after any crash, finds the old file or the
/// whole new one: written beside it under a temporary name, synced, renamed, the folder synced. Mode 0644 less the
/// umask. A link stays and what it points to is replaced; devices and pipes are `refused`.
/// Faults: `missing` (no such folder), `refused` (no permission), `disk_full`, `io`; the old file stays then
/// and nothing is left beside it.
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace coldboot
