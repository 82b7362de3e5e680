#include "harness/event/disk_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

namespace coldboot {
namespace {

bool raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return false;
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  FileDescriptor old(std::exchange(fd_, std::exchange(other.fd_, -1)));
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Fault disk_fault(const std::filesystem::path& where, std::string_view what, int error_number) {
  std::string text = fmt::format("{}: {}", what, std::strerror(error_number));
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return Fault(Cause::disk_full, where.string(), text, "make room on the disk that holds the runs");
    case EACCES:
    case EPERM:
    case EROFS: return Fault(Cause::refused, where.string(), text, "choose a folder this user may write to");
    default: return Fault(Cause::io, where.string(), text);
  }
}

Result<FileDescriptor> open_for_writing(const std::filesystem::path& file, int flags) {
  const auto open_once = [&] { return ::open(file.c_str(), flags | O_WRONLY | O_CREAT | O_CLOEXEC, 0644); };
  int fd = open_once();
  if (fd < 0 && errno == EMFILE && raise_descriptor_limit()) fd = open_once();
  if (fd < 0) return disk_fault(file, "cannot be opened for writing", errno);
  return FileDescriptor(fd);
}

Written write_all(int fd, std::string_view bytes) {
  Written written;
  while (written.bytes < bytes.size()) {
    const ssize_t count = ::write(fd, bytes.data() + written.bytes, bytes.size() - written.bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      written.error_number = errno;
      return written;
    }
    written.bytes += static_cast<std::size_t>(count);
  }
  return written;
}

Result<void> replace_file(const std::filesystem::path& file, std::string_view content, Confirm confirm) {
  const std::filesystem::path fresh = file.parent_path() / ("." + file.filename().string() + ".new");
  auto fd = open_for_writing(fresh, O_TRUNC);
  if (!fd) return fd.error();
  const Written written = write_all(fd->get(), content);
  if (written.error_number != 0) {
    ::unlink(fresh.c_str());
    return disk_fault(file, "cannot be written", written.error_number);
  }
  if (confirm == Confirm::now && ::fsync(fd->get()) != 0) return disk_fault(file, "cannot be written", errno);
  if (::rename(fresh.c_str(), file.c_str()) != 0) return disk_fault(file, "cannot be replaced", errno);
  return {};
}

}  // namespace coldboot
