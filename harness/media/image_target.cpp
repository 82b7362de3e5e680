#include "harness/media/image_target.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <linux/fs.h>
#include <optional>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

constexpr std::uint64_t alignment = 4096;  // of memory and offsets: the largest sector there is
constexpr const char* plain_proof = "read back after the host's copy was given up";
constexpr std::size_t direct_bytes = std::size_t{4} << 20U;

struct Free {
  void operator()(std::uint8_t* bytes) const { std::free(bytes); }
};

class OpenedTarget final : public ImageTarget {
 public:
  OpenedTarget(Descriptor file, std::string description, std::uint64_t bytes)
      : file_(std::move(file)), description_(std::move(description)), bytes_(bytes) {
    struct stat status{};
    is_device_ = ::fstat(file_.get(), &status) == 0 && S_ISBLK(status.st_mode);
  }

  Result<void> write(std::uint64_t offset, std::span<const std::uint8_t> bytes) override {
    is_touched_ = true;
    while (!bytes.empty()) {
      const ssize_t count = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return fault("writing", offset, count < 0 ? errno : ENOSPC);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      offset += static_cast<std::uint64_t>(count);
    }
    return {};
  }

  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> bytes) override {
    if (!direct_) return read_plainly(offset, bytes);
    while (!bytes.empty()) {
      const std::uint64_t begin = offset / alignment * alignment;
      const auto skipped = static_cast<std::size_t>(offset - begin);
      const std::size_t useful = std::min(bytes.size(), direct_bytes - skipped);
      const std::uint64_t end = std::min((begin + skipped + useful + alignment - 1) / alignment * alignment, bytes_);
      const std::span whole(direct_.get(), static_cast<std::size_t>(end - begin));
      if (auto done = read_plainly(begin, whole); !done) return done;
      std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(skipped), useful, bytes.begin());
      bytes = bytes.subspan(useful);
      offset += useful;
    }
    return {};
  }

  Result<void> sync() override {
    if (::fsync(file_.get()) == 0) return {};
    return fault("syncing", std::nullopt, errno);
  }

  std::string bypass_cache() override {
    ::posix_fadvise(file_.get(), 0, 0, POSIX_FADV_DONTNEED);
    if (!is_device_) return plain_proof;
    (void)::ioctl(file_.get(), BLKFLSBUF, 0);  // only root may, and the next does without
    const int flags = ::fcntl(file_.get(), F_GETFL);
    void* memory = nullptr;
    if (::fcntl(file_.get(), F_SETFL, flags | O_DIRECT) != 0 || ::posix_memalign(&memory, alignment, direct_bytes) != 0)
      return plain_proof;
    direct_.reset(static_cast<std::uint8_t*>(memory));
    return "read back from the medium itself (O_DIRECT)";
  }

  [[nodiscard]] bool is_touched() const override { return is_touched_; }
  [[nodiscard]] std::uint64_t bytes() const override { return bytes_; }
  [[nodiscard]] std::string description() const override { return description_; }

 private:
  Result<void> read_plainly(std::uint64_t offset, std::span<std::uint8_t> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::pread(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return fault("reading", offset, errno);
      if (count == 0) {
        if (is_gone()) return gone("reading", offset);
        return Fault(Cause::io, description_, fmt::format("ends at byte {}, expected {} bytes", offset, bytes_));
      }
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      offset += static_cast<std::uint64_t>(count);
    }
    return {};
  }

  /// A disk that was pulled out answers, but has no length any more.
  [[nodiscard]] bool is_gone() const {
    std::uint64_t bytes = 0;
    return is_device_ && (::ioctl(file_.get(), BLKGETSIZE64, &bytes) != 0 || bytes == 0);
  }

  [[nodiscard]] Fault gone(std::string_view doing, std::optional<std::uint64_t> offset) const {
    return Fault(Cause::lost, description_,
                 fmt::format("is gone in the middle of {}{}", doing, offset ? fmt::format(" byte {}", *offset) : ""),
                 "check the card and the cable of its reader");
  }

  [[nodiscard]] Fault fault(std::string_view doing, std::optional<std::uint64_t> offset, int error) const {
    if (error == ENODEV || error == ENXIO || error == ENOMEDIUM || (error == EIO && is_gone()))
      return gone(doing, offset);
    const Cause cause = error == ENOSPC || error == EDQUOT || error == EFBIG ? Cause::disk_full : Cause::io;
    const std::string at = offset ? fmt::format(" at byte {}", *offset) : "";
    return Fault(cause, description_, fmt::format("{}{}: {}", doing, at, errno_text(error)),
                 cause == Cause::disk_full ? "make room" : "the card may be worn out, or locked");
  }

  Descriptor file_;
  std::string description_;
  std::uint64_t bytes_;
  bool is_device_ = false;
  bool is_touched_ = false;
  std::unique_ptr<std::uint8_t, Free> direct_;  // memory that O_DIRECT reads into; null: it is not used
};

}  // namespace

std::unique_ptr<ImageTarget> opened_target(Descriptor file, std::string description, std::uint64_t bytes) {
  return std::make_unique<OpenedTarget>(std::move(file), std::move(description), bytes);
}

}  // namespace coldboot
