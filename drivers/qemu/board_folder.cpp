#include "drivers/qemu/board_folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;

constexpr const char* name_begins = "coldboot-board-";
constexpr std::size_t blanks = 6;  // letters that mkdtemp(3) replaces

/// The folder locked; nothing when it is somebody's, or gone.
Descriptor lock_folder_at(const fs::path& path) {
  Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.is_open() || ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) return Descriptor();
  struct stat opened{};
  struct stat there{};
  const bool is_there = ::fstat(folder.get(), &opened) == 0 && ::lstat(path.c_str(), &there) == 0 &&
                        opened.st_ino == there.st_ino && opened.st_dev == there.st_dev;
  return is_there && opened.st_uid == ::geteuid() ? std::move(folder) : Descriptor();
}

}  // namespace

Result<std::unique_ptr<BoardFolder>> BoardFolder::create() {
  std::error_code why;
  const fs::path pattern = fs::temp_directory_path(why) / (name_begins + std::string(blanks, 'X'));
  while (true) {
    std::string name = pattern.string();
    if (::mkdtemp(name.data()) == nullptr) return Fault(Cause::io, name, errno_text(errno));
    // Somebody who tidies up may have been quicker.
    if (Descriptor lock = lock_folder_at(name); lock.is_open())
      return std::unique_ptr<BoardFolder>(new BoardFolder(name, std::move(lock)));
  }
}

void BoardFolder::remove_abandoned() {
  std::error_code why;
  for (fs::directory_iterator entry(fs::temp_directory_path(why), why), end; !why && entry != end;
       entry.increment(why)) {
    if (!entry->path().filename().string().starts_with(name_begins)) continue;
    const Descriptor abandoned = lock_folder_at(entry->path());
    std::error_code ignored;
    if (abandoned.is_open()) fs::remove_all(entry->path(), ignored);
  }
}

BoardFolder::~BoardFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace coldboot
