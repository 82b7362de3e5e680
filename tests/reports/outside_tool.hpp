#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

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

/// A folder of its own for one test, gone at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Writes a file and returns its full name.
  [[nodiscard]] std::string write(const std::string& name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

/// The whole file, or nothing where there is none.
std::string text_of(const std::filesystem::path& path);

}  // namespace coldboot
