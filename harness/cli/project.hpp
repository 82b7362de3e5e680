#pragma once

#include <filesystem>
#include <vector>

namespace coldboot {

/// Where bench files and profiles are found by name.
struct ProjectFolders {
  std::vector<std::filesystem::path> benches;
  std::vector<std::filesystem::path> profiles;
};

/// The folders of the project around `start`, the nearest first: `fixtures/benches` and `fixtures/profiles` (or plain
/// `benches` and `profiles`) there and in each folder above; then those that came with this program.
ProjectFolders project_around(const std::filesystem::path& start);

}  // namespace coldboot
