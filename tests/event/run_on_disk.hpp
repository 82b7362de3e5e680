#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>

#include "harness/event/run_folder.hpp"
#include "tests/event/sample_events.hpp"

namespace coldboot {

/// A folder of its own for one test, gone with it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "coldboot-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return std::move(text).str();
}

inline void put_text(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary) << text;
}

inline RunInfo sample_info() {
  RunInfo info;
  info.scenario = "xen-vs-bare";
  info.title = "Xen against bare metal";
  info.requirement = "ACC-014";
  info.host = "rack1";
  info.version = "0.1.0";
  info.anchor.utc =
      std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + std::chrono::hours(10) + Nanos(123456789);
  info.anchor.origin = run_origin;
  return info;
}

inline std::unique_ptr<RunFolder> create_run(const std::filesystem::path& parent,
                                             std::function<void(const Fault&)> on_fault = {}) {
  auto created =
      RunFolder::create({.parent = parent, .info = sample_info(), .input_files = {}, .on_fault = std::move(on_fault)});
  if (!created) ADD_FAILURE() << created.error().text();
  return created ? std::move(*created) : nullptr;
}

}  // namespace coldboot
