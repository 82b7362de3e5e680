#pragma once

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include "tests/temporary_folder.hpp"

namespace coldboot {

/// The command lines of the processes this one has started and that still are, zombies as empty ones.
inline std::vector<std::string> children() {
  std::vector<std::string> lines;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (!std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; })) continue;
    // pid (name) state ppid ...; the name may hold anything
    const std::string stat = text_of(entry.path() / "stat");
    const std::size_t end_of_name = stat.rfind(')');
    if (end_of_name == std::string::npos) continue;
    std::istringstream rest(stat.substr(end_of_name + 1));
    std::string state;
    pid_t parent = 0;
    rest >> state >> parent;
    if (parent != ::getpid()) continue;
    std::string line = text_of(entry.path() / "cmdline");
    std::ranges::replace(line, '\0', ' ');
    lines.push_back(line);
  }
  return lines;
}

}  // namespace coldboot
