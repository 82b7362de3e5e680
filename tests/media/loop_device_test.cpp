// A loop device of the kernel's, where this machine lets us have one; nothing but its own file is written to.

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <gmock/gmock.h>

#include "harness/core/text.hpp"
#include "harness/media/disks.hpp"
#include "harness/media/write_image.hpp"
#include "tests/media/sample_image.hpp"

namespace coldboot {
namespace {

using testing::HasSubstr;

constexpr std::size_t disk_bytes = std::size_t{64} << 20U;

/// A file as a disk, for as long as this lives.
class LoopDevice {
 public:
  explicit LoopDevice(const std::string& file) : backing_(::open(file.c_str(), O_RDWR | O_CLOEXEC)) {
    const Descriptor control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return;
    name_ = fmt::format("/dev/loop{}", number);
    device_ = Descriptor(::open(name_.c_str(), O_RDWR | O_CLOEXEC));
    if (::ioctl(device_.get(), LOOP_SET_FD, backing_.get()) != 0) device_ = Descriptor();
  }
  ~LoopDevice() {
    if (device_.is_open()) ::ioctl(device_.get(), LOOP_CLR_FD, 0);
  }
  LoopDevice(const LoopDevice&) = delete;
  LoopDevice& operator=(const LoopDevice&) = delete;

  [[nodiscard]] bool is_there() const { return device_.is_open(); }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  Descriptor backing_;
  std::string name_;
  Descriptor device_;
};

std::unique_ptr<ImageTarget> target_on(const LoopDevice& loop, const Disk& disk, DiskUse use) {
  auto open = open_disk(disk, use);
  EXPECT_TRUE(open) << open.error().text();
  return opened_target(std::move(*open), loop.name(), disk_bytes);
}

Result<MediumContent> put(const std::filesystem::path& image, const LoopDevice& loop, const Disk& disk) {
  return write_image(*look_at_image(image), *target_on(loop, disk, DiskUse::write), SteadyClock(), {}, Until());
}

TEST(LoopDevices, TakeAnImageAndGiveItBackFromTheDiskItself) {
  const TemporaryFolder folder;
  const std::string file = folder.write("disk", "");
  std::filesystem::resize_file(file, disk_bytes);
  const LoopDevice loop(file);
  if (!loop.is_there()) GTEST_SKIP() << "no loop device is to be had here: " << errno_text(errno);
  struct stat status{};
  ASSERT_EQ(::stat(loop.name().c_str(), &status), 0);
  const Disks disks;
  const auto disk = disks.numbered(status.st_rdev);
  ASSERT_TRUE(disk && *disk) << "the system does not list it";
  ASSERT_TRUE(disks.check_is_free(**disk, disk_bytes)) << disks.check_is_free(**disk, disk_bytes).error().text();
  auto open = open_disk(**disk, DiskUse::write);
  ASSERT_TRUE(open) << open.error().text();
  const auto twice = open_disk(**disk, DiskUse::write);
  ASSERT_FALSE(twice) << "it is ours alone";
  EXPECT_EQ(twice.error().cause(), Cause::busy);

  std::mt19937 random(11);
  const SampleImage image = SampleImage::random(random, (disk_bytes / 2) + 1234, 0.2, 100);
  const std::string raw = folder.write("card.img", image.bytes);
  (void)folder.write("card.img.bmap", block_map_of(image));
  const std::filesystem::path nothing = folder.write("zeros", std::string(disk_bytes, '\0'));
  *open = Descriptor();
  for (const auto& packed : {std::filesystem::path(raw), packed_zstd(raw), packed_xz(raw), packed_gzip(raw)}) {
    ASSERT_TRUE(put(nothing, loop, **disk));
    const auto content = put(packed, loop, **disk);
    ASSERT_TRUE(content) << content.error().text();
    EXPECT_THAT(content->proof, HasSubstr("read back"));
    EXPECT_LT(content->written_bytes, content->image_bytes) << "by its map";
    EXPECT_EQ(content->sha256, hash_of_text(text_of(packed)));
    EXPECT_TRUE(text_of(file).starts_with(image.bytes)) << packed;
    const auto same =
        compare_image(*look_at_image(packed), *target_on(loop, **disk, DiskUse::read), SteadyClock(), {}, Until());
    ASSERT_TRUE(same) << same.error().text();
    EXPECT_FALSE(same->differs_at);
  }
}

}  // namespace
}  // namespace coldboot
