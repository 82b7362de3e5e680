#include "harness/io/lock_file.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

constexpr mode_t open_to_all = 0666;
constexpr mode_t folder_open_to_all = 01777;

std::string user_name() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? found->pw_name : fmt::format("user {}", ::getuid());
}

/// One line, to be read by people: "maria, process 4711, since 2026-11-22T10:20:30Z: coldboot run xen.yaml".
std::string owner_record(const std::string& what) {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{}, process {}, since {:%Y-%m-%dT%H:%M:%SZ}: {}\n", user_name(), ::getpid(), fmt::gmtime(now),
                     what);
}

/// Opens the file, made if need be. It is opened as it is first: the kernel refuses O_CREAT for another user's file in
/// a folder open to all (fs.protected_regular).
Descriptor open_or_make(const std::filesystem::path& path) {
  while (true) {
    Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (file.is_open() || errno != ENOENT) return file;
    file = Descriptor(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_CREAT | O_EXCL, open_to_all));
    if (file.is_open()) ::fchmod(file.get(), open_to_all);  // whatever the umask says
    if (file.is_open() || errno != EEXIST) return file;
  }
}

std::string read_owner(int descriptor) {
  std::array<char, 1024> buffer{};
  const ssize_t count = ::pread(descriptor, buffer.data(), buffer.size(), 0);
  std::string_view text(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  text = text.substr(0, text.find('\n'));
  return text.empty() ? "somebody who left no name" : printable_line(text);
}

bool usable(const std::filesystem::path& folder) {
  return ::access(folder.c_str(), R_OK | W_OK | X_OK) == 0;
}

bool make_usable(const std::filesystem::path& folder, mode_t mode) {
  if (::mkdir(folder.c_str(), mode) == 0) ::chmod(folder.c_str(), mode);  // whatever the umask says
  return usable(folder);
}

}  // namespace

Result<std::filesystem::path> lock_folder() {
  if (make_usable(shared_lock_folder, folder_open_to_all)) return shared_lock_folder;
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe): nobody changes it
  if (runtime != nullptr && *runtime != '\0') {
    const auto own = std::filesystem::path(runtime) / "coldboot";
    if (make_usable(own, 0700)) return own;
  }
  const std::filesystem::path own = fmt::format("/tmp/coldboot-{}", ::getuid());
  if (make_usable(own, 0700)) return own;
  return Fault(Cause::refused, own.string(),
               "cannot be made or written, and neither can " + shared_lock_folder.string(),
               "a lock needs a folder that this user may write");
}

Result<LockFile> LockFile::acquire(const std::filesystem::path& path, const std::string& what) {
  Descriptor file = open_or_make(path);
  if (!file.is_open()) {
    const int error = errno;
    return Fault(error == EACCES || error == EPERM ? Cause::refused : Cause::io, path.string(),
                 fmt::format("the lock cannot be opened: {}", errno_text(error)));
  }
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error != EWOULDBLOCK) return Fault(Cause::io, path.string(), fmt::format("flock: {}", errno_text(error)));
    return Fault(Cause::busy, path.string(), fmt::format("held by {}", read_owner(file.get())),
                 "wait until that has ended");
  }
  const std::string record = owner_record(printable_line(what));
  if (::ftruncate(file.get(), 0) != 0 ||
      ::pwrite(file.get(), record.data(), record.size(), 0) != static_cast<ssize_t>(record.size())) {
    return Fault(errno == ENOSPC ? Cause::disk_full : Cause::io, path.string(),
                 fmt::format("who holds the lock cannot be written into it: {}", errno_text(errno)));
  }
  return LockFile(std::move(file));
}

}  // namespace coldboot
