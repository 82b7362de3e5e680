#include "harness/io/lock_file.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/io/user.hpp"

namespace coldboot {
namespace {

constexpr mode_t open_to_all = 0666;
constexpr mode_t folder_open_to_all = 01777;
constexpr int attempts_among_lookers = 5;
constexpr auto looking_takes = std::chrono::milliseconds(10);

/// One line, to be read by people: "maria, process 4711, since 2026-11-22T10:20:30Z: coldboot run xen.yaml".
std::string owner_record(const std::string& what) {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{}, process {}, since {:%Y-%m-%dT%H:%M:%SZ}: {}", user_name(::getuid()), ::getpid(),
                     fmt::gmtime(now), what);
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

/// The file's two parts: a line that names the holder, and whatever the holder notes below it.
struct Content {
  std::string owner;
  std::string notes;
};

Content read_content(int descriptor) {
  std::array<char, 8192> buffer{};
  const ssize_t count = ::pread(descriptor, buffer.data(), buffer.size(), 0);
  const std::string_view text(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  const std::size_t line_end = text.find('\n');
  if (line_end == std::string_view::npos) return {std::string(text), ""};
  return {std::string(text.substr(0, line_end)), std::string(text.substr(line_end + 1))};
}

Result<void> write_content(int descriptor, const Content& content) {
  const std::string text = fmt::format("{}\n{}", content.owner, content.notes);
  if (::pwrite(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
      ::ftruncate(descriptor, static_cast<off_t>(text.size())) == 0) {
    return {};
  }
  const int error = errno;
  return Fault(error == ENOSPC ? Cause::disk_full : Cause::io, "lock",
               fmt::format("who holds the lock cannot be written into it: {}", errno_text(error)));
}

std::string holder_of(const Content& content) {
  if (content.owner.empty()) return "somebody who left no name";
  return printable_line(content.owner);
}

/// The same of a lock that is held, perhaps by what its process left behind.
std::string holder_now(const Content& content) {
  const std::string holder = holder_of(content);
  const std::string_view before_pid = ", process ";
  const std::size_t at = holder.find(before_pid);
  if (at == std::string::npos) return holder;
  const pid_t pid = std::atoi(holder.c_str() + at + before_pid.size());
  if (pid <= 0 || ::kill(pid, 0) == 0 || errno != ESRCH) return holder;
  return holder + "; that process has ended, and one that it started has it still";
}

/// The exclusive lock, or the shared one of somebody who only looks; false with errno where it is taken.
bool lock(int descriptor, int kind) {
  return ::flock(descriptor, kind | LOCK_NB) == 0;
}

/// Whoever looks at a lock holds it for a moment, and is not to be taken for somebody who works with the thing.
bool lock_despite_lookers(int descriptor) {
  for (int attempt = 1; attempt < attempts_among_lookers; ++attempt) {
    if (lock(descriptor, LOCK_EX)) return true;
    if (errno != EWOULDBLOCK) return false;
    std::this_thread::sleep_for(looking_takes);
  }
  return lock(descriptor, LOCK_EX);
}

bool usable(const std::filesystem::path& folder) {
  return ::access(folder.c_str(), R_OK | W_OK | X_OK) == 0;
}

bool make_usable(const std::filesystem::path& folder, mode_t mode) {
  if (::mkdir(folder.c_str(), mode) == 0) ::chmod(folder.c_str(), mode);  // whatever the umask says
  return usable(folder);
}

std::filesystem::path folder_named_by(const char* variable) {
  const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody changes it
  return value == nullptr ? "" : value;
}

}  // namespace

Result<std::filesystem::path> lock_folder() {
  if (const auto chosen = folder_named_by("COLDBOOT_LOCKS"); !chosen.empty()) {
    if (chosen.is_relative()) {
      return Fault(Cause::mistake, "COLDBOOT_LOCKS",
                   fmt::format("found {}, expected a path that begins with /", chosen.string()),
                   "locks that depend on the folder one is in keep nobody off");
    }
    if (make_usable(chosen, folder_open_to_all)) return chosen;
    return Fault(Cause::refused, chosen.string(), "cannot be made or written", "COLDBOOT_LOCKS names it");
  }
  const std::filesystem::path of_the_lab = "/var/lib/coldboot";
  if (std::error_code none; std::filesystem::is_directory(of_the_lab, none)) {
    if (usable(of_the_lab)) return of_the_lab;
    return Fault(Cause::refused, of_the_lab.string(), fmt::format("{} may not write there", user_name(::getuid())),
                 "all who use the benches of a host lock them there: join the group that owns it");
  }
  if (make_usable(shared_lock_folder, folder_open_to_all)) return shared_lock_folder;
  if (const auto runtime = folder_named_by("XDG_RUNTIME_DIR"); !runtime.empty()) {
    const auto own = runtime / "coldboot";
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
  if (!lock_despite_lookers(file.get())) {
    const int error = errno;
    if (error != EWOULDBLOCK) return Fault(Cause::io, path.string(), fmt::format("flock: {}", errno_text(error)));
    return Fault(Cause::busy, path.string(), fmt::format("held by {}", holder_now(read_content(file.get()))),
                 "wait until that has ended");
  }
  const std::string notes = read_content(file.get()).notes;
  if (auto written = write_content(file.get(), {owner_record(printable_line(what)), notes}); !written) {
    return Fault(written.error().cause(), path.string(), written.error().what());
  }
  return LockFile(std::move(file));
}

std::string LockFile::notes() const {
  return read_content(file_.get()).notes;
}

Result<void> LockFile::put_notes(std::string_view notes, Survive survive) const {
  auto written = write_content(file_.get(), {read_content(file_.get()).owner, std::string(notes)});
  if (written && survive == Survive::host && ::fdatasync(file_.get()) != 0) {
    return Fault(Cause::io, "lock", fmt::format("its notes do not reach the disk: {}", errno_text(errno)));
  }
  return written;
}

Result<LockView> look_at_lock(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.is_open()) {
    const int error = errno;
    const Cause cause = error == ENOENT ? Cause::missing : error == EACCES ? Cause::refused : Cause::io;
    return Fault(cause, path.string(), fmt::format("the lock cannot be looked at: {}", errno_text(error)));
  }
  LockView view;
  view.held = !lock(file.get(), LOCK_SH);  // until it is closed, at once
  Content content = read_content(file.get());
  view.holder = view.held ? holder_now(content) : holder_of(content);
  view.notes = std::move(content.notes);
  return view;
}

}  // namespace coldboot
