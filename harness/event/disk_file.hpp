#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <utility>

#include "harness/core/result.hpp"

namespace coldboot {

/// An open file, closed with its owner.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_ = -1;
};

/// An errno value as a fault: `disk_full` (no room, quota, file size limit), `refused` (permissions) or `io`.
Fault disk_fault(const std::filesystem::path& where, std::string_view what, int error_number);

/// Opens for writing and creates where needed; `flags` as in open(2). Raises the process's soft limit of open files
/// when it is reached: a full rack needs more than the usual 1024.
Result<FileDescriptor> open_for_writing(const std::filesystem::path& file, int flags);

/// How far a write got, and the errno value that ended it early, or 0.
struct Written {
  std::size_t bytes = 0;
  int error_number = 0;
};

/// Hands all bytes to the kernel, or as many as it takes.
Written write_all(int fd, std::string_view bytes);

/// Whether the disk has to confirm a file before it takes its place.
enum class Confirm { now, later };

/// Writes a whole file beside the old one, has the disk confirm it and takes the old one's place.
Result<void> replace_file(const std::filesystem::path& file, std::string_view content, Confirm confirm = Confirm::now);

}  // namespace coldboot
