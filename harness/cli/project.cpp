#include "harness/cli/project.hpp"

#include <algorithm>

namespace coldboot {
namespace {

namespace fs = std::filesystem;

void add_if_there(std::vector<fs::path>& folders, const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return;
  if (std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(folder);
}

void add_upwards(ProjectFolders& project, fs::path folder) {
  while (true) {
    for (const fs::path& base : {folder, folder / "fixtures"}) {
      add_if_there(project.benches, base / "benches");
      add_if_there(project.profiles, base / "profiles");
    }
    if (folder == folder.parent_path()) return;
    folder = folder.parent_path();
  }
}

}  // namespace

ProjectFolders project_around(const fs::path& start) {
  ProjectFolders project;
  std::error_code ignored;
  add_upwards(project, fs::weakly_canonical(start, ignored));
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  if (program.empty()) return project;
  const fs::path shared = program.parent_path().parent_path() / "share/coldboot";
  add_if_there(project.benches, shared / "benches");
  add_if_there(project.profiles, shared / "profiles");
  add_upwards(project, program.parent_path());  // a build folder inside the source tree
  return project;
}

}  // namespace coldboot
