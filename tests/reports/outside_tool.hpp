#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/temporary_folder.hpp"

namespace coldboot {

/// What a program of the machine said.
struct ToolAnswer {
  bool found = false;  ///< false: no such program here
  int exit_status = 0;
  std::string output;      ///< standard output
  std::string complaints;  ///< standard error
};

/// Runs `argv` (looked up in PATH, no shell) in `folder` and waits for its end.
ToolAnswer run_tool(const std::vector<std::string>& argv, const std::filesystem::path& folder = ".");

}  // namespace coldboot
