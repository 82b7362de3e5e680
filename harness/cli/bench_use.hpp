#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "harness/bench/bench_file.hpp"
#include "harness/cli/project.hpp"
#include "harness/core/clock.hpp"

namespace coldboot {

/// Reads a bench by path, by the name of its file (beside the file `beside`, or one of the project's), or else by the
/// name that it gives itself in one of these folders. Tells every mistake and warning;
/// nothing when there was a mistake.
std::optional<BenchFile> bench_called(const std::string& name, const std::filesystem::path& beside,
                                      const ProjectFolders& project);
std::optional<BenchFile> bench_called(const std::string& name);  ///< as seen from where we are

/// "2026-11-22T10:20:30Z" of the time that far from now.
std::string utc_after(Nanos length);

/// For a bench whose firmware chip was not written to the end: that, and the way out.
std::string what_to_do_about_the_chip(const BenchFile& bench);

/// Until when to wait for a bench; not at all when nobody asked to.
Until patience(std::optional<Nanos> wait, std::stop_token stop);

}  // namespace coldboot
