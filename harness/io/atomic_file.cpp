#include "harness/io/atomic_file.hpp"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

Cause cause_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR: return Cause::missing;
    case EACCES:
    case EPERM:
    case EROFS: return Cause::refused;
    case ENOSPC:
    case EDQUOT: return Cause::disk_full;
    default: return Cause::io;
  }
}

Fault fault(const std::filesystem::path& path, std::string_view doing, int error) {
  return Fault(cause_of(error), path.string(), fmt::format("{}: {}", doing, errno_text(error)));
}

/// A name beside `path` that no other writer of this machine uses.
std::string temporary_name(const std::filesystem::path& path) {
  static std::atomic<unsigned> count = 0;
  return (path.parent_path() / fmt::format(".{}.{}-{}.new", path.filename().string(), ::getpid(), ++count)).string();
}

/// A file that is gone again unless it was renamed in time.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& beside)
      : name_(temporary_name(beside)),
        descriptor_(::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)) {}
  ~TemporaryFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    if (!renamed_) ::unlink(name_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

  [[nodiscard]] bool write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = ::write(descriptor_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }

  [[nodiscard]] bool sync() const { return ::fsync(descriptor_) == 0; }

  [[nodiscard]] bool rename_to(const std::filesystem::path& path) {
    renamed_ = ::rename(name_.c_str(), path.c_str()) == 0;
    return renamed_;
  }

 private:
  std::string name_;
  int descriptor_ = -1;
  bool renamed_ = false;
};

/// Makes the new name itself survive a power cut. Not every file system can; the content is safe either way.
void sync_folder(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

Result<void> write_file_atomically(const std::filesystem::path& named, std::string_view text) {
  std::error_code none;
  const std::filesystem::path linked = std::filesystem::canonical(named, none);
  const std::filesystem::path& path = none ? named : linked;  // what a link points to is replaced, not the link
  const std::filesystem::file_status there = std::filesystem::status(path, none);
  if (std::filesystem::exists(there) && !std::filesystem::is_regular_file(there)) {
    return Fault(Cause::refused, named.string(), "found something that is no file, expected a file or nothing",
                 "give a file; standard output has --json");
  }
  TemporaryFile file(path);
  if (!file.is_open()) return fault(path, "cannot create a file in its folder", errno);
  if (!file.write(text)) return fault(path, "cannot write", errno);
  if (!file.sync()) return fault(path, "cannot write to disk", errno);
  if (!file.rename_to(path)) return fault(path, "cannot put the new file in its place", errno);
  sync_folder(path.parent_path());
  return {};
}

}  // namespace coldboot
