#include "drivers/image_file/image_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/media/write_image.hpp"

namespace coldboot {
namespace {

constexpr unsigned loop_major = 7;  // Documentation/admin-guide/devices.txt of Linux

}  // namespace

Result<void> ImageFile::put(const std::filesystem::path& image, const Until& until) {
  if (auto written = write(image, {}, until); !written) return written.error();
  return {};
}

Result<MediumContent> ImageFile::write(const std::filesystem::path& image, const Tell& tell, const Until& until) {
  const auto looked = look_at_image(image);
  if (!looked) return looked.error();
  const auto target = open(DiskUse::write);
  if (!target) return seen_from_here(target.error());
  auto content = write_image(*looked, **target, clock_, tell, until);
  if (!content) return seen_from_here(content.error());
  return content;
}

Result<MediumContent> ImageFile::verify(const std::filesystem::path& image, const Tell& tell, const Until& until) {
  const auto looked = look_at_image(image);
  if (!looked) return looked.error();
  const auto target = open(DiskUse::read);
  if (!target) return seen_from_here(target.error());
  auto content = compare_image(*looked, **target, clock_, tell, until);
  if (!content) return seen_from_here(content.error());
  return content;
}

Result<void> ImageFile::look() {
  const auto target = open(DiskUse::read);
  const bool is_made_later = !target && target.error().cause() == Cause::missing;
  const std::filesystem::path folder = std::filesystem::absolute(config_.path).parent_path();
  if (is_made_later && ::access(folder.c_str(), W_OK) == 0) return {};
  if (!target) return seen_from_here(target.error());
  return {};
}

Result<std::unique_ptr<ImageTarget>> ImageFile::open(DiskUse use) const {
  struct stat status{};
  if (::stat(config_.path.c_str(), &status) != 0) {
    if (errno == ENOENT && use == DiskUse::write) return open_file(use);
    const Cause cause = errno == ENOENT ? Cause::missing : Cause::io;
    return Fault(cause, "", fmt::format("{}: {}", config_.path.string(), errno_text(errno)));
  }
  if (S_ISREG(status.st_mode)) return open_file(use);
  if (S_ISBLK(status.st_mode) && major(status.st_rdev) == loop_major) return open_loop(status.st_rdev, use);
  return Fault(Cause::refused, "",
               fmt::format("{} is {}, expected a file or a loop device", config_.path.string(),
                           S_ISBLK(status.st_mode) ? "a disk of this machine" : "no file"),
               "a card is written through the driver of its multiplexer");
}

Result<std::unique_ptr<ImageTarget>> ImageFile::open_loop(dev_t number, DiskUse use) const {
  const Disks disks;
  const auto disk = disks.numbered(number);
  if (!disk) return disk.error();
  if (!*disk) return Fault(Cause::missing, "", fmt::format("the system lists no {}", config_.path.string()));
  if (auto free = disks.check_is_free(**disk, config_.bytes); !free) return free.error();
  auto file = open_disk(**disk, use);
  if (!file) return file.error();
  return opened_target(std::move(*file), config_.path.string(), config_.bytes);
}

/// Made where it is not there, sparse; held by a lock against a second one of us.
Result<std::unique_ptr<ImageTarget>> ImageFile::open_file(DiskUse use) const {
  const int flags = use == DiskUse::write ? O_RDWR | O_CREAT : O_RDONLY;
  constexpr mode_t for_all_less_the_umask = 0666;
  Descriptor file(::open(config_.path.c_str(), flags | O_CLOEXEC | O_NONBLOCK, for_all_less_the_umask));
  struct stat status{};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) {
    const Cause cause = errno == ENOENT ? Cause::missing : errno == EACCES ? Cause::refused : Cause::io;
    return Fault(cause, "", fmt::format("{} cannot be opened: {}", config_.path.string(), errno_text(errno)));
  }
  if (!S_ISREG(status.st_mode)) return Fault(Cause::refused, "", fmt::format("{} is no file", config_.path.string()));
  if (::flock(file.get(), (use == DiskUse::write ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0)
    return Fault(Cause::busy, "", fmt::format("somebody else writes to {}", config_.path.string()));
  if (status.st_size == 0 && use == DiskUse::write) {
    if (::ftruncate(file.get(), static_cast<off_t>(config_.bytes)) != 0)
      return Fault(Cause::io, "",
                   fmt::format("{} cannot be made that large: {}", config_.path.string(), errno_text(errno)));
  } else if (static_cast<std::uint64_t>(status.st_size) != config_.bytes) {
    return Fault(Cause::refused, "",
                 fmt::format("{} has {} bytes, expected the {} of the bench's `size`", config_.path.string(),
                             status.st_size, config_.bytes),
                 "is it the right file? It is made anew where it is not there");
  }
  return opened_target(std::move(file), config_.path.string(), config_.bytes);
}

Fault ImageFile::seen_from_here(const Fault& fault) const {
  const std::string what = fault.where().empty() ? fault.what() : fmt::format("{}: {}", fault.where(), fault.what());
  return Fault(fault.cause(), config_.where, what, fault.hint());
}

}  // namespace coldboot
