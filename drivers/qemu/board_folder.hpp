#pragma once

#include <filesystem>
#include <memory>

#include "harness/core/result.hpp"
#include "harness/io/descriptor.hpp"

namespace coldboot {

/// A folder among the temporary files for one board's own copies of images, `coldboot-board-…`, which goes with this
/// value. Whoever has one holds a lock on it, so that those of killed programs are known.
class BoardFolder {
 public:
  /// Faults: `io` where there is no room or no right for it.
  static Result<std::unique_ptr<BoardFolder>> create();

  /// Removes those of our user that nobody holds any more.
  static void remove_abandoned();

  ~BoardFolder();
  BoardFolder(const BoardFolder&) = delete;
  BoardFolder& operator=(const BoardFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  BoardFolder(std::filesystem::path path, Descriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;
  Descriptor lock_;
};

}  // namespace coldboot
