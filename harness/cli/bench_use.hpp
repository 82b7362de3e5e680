#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "harness/bench/bench_file.hpp"
#include "harness/cli/project.hpp"
#include "harness/core/clock.hpp"

namespace coldboot {

/// Reads a bench by name or path: beside the file `beside`, or one of the project's. Tells every mistake and warning;
/// nothing when there was a mistake.
std::optional<BenchFile> bench_called(const std::string& name, const std::filesystem::path& beside,
                                      const ProjectFolders& project);
std::optional<BenchFile> bench_called(const std::string& name);  ///< as seen from where we are

/// "2026-11-22T10:20:30Z" of the time that far from now.
std::string utc_after(Nanos length);

/// Until when to wait for a bench; not at all when nobody asked to.
Until patience(std::optional<Nanos> wait, std::stop_token stop);

}  // namespace coldboot
