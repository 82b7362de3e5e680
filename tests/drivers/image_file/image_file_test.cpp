#include "drivers/image_file/image_file.hpp"

#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>

#include <gmock/gmock.h>

#include "tests/cli/program.hpp"
#include "tests/media/sample_image.hpp"

namespace coldboot {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::size_t disk_size = std::size_t{1} << 20U;

class ImageFiles : public testing::Test {
 protected:
  ImageFile medium(const std::filesystem::path& path) {
    return {{.where = "vm/disk", .path = path, .bytes = disk_size}, clock};
  }

  TemporaryFolder folder;
  SteadyClock clock;
  std::string image = folder.write("card.img", std::string(5000, 'i'));
  std::filesystem::path disk = folder.path() / "disk.img";
};

TEST_F(ImageFiles, AreMadeWhereTheyAreNotThere) {
  ImageFile file = medium(disk);
  EXPECT_EQ(file.verify(image, {}, Until()).error().cause(), Cause::missing);
  const auto content = file.write(image, {}, Until());
  ASSERT_TRUE(content) << content.error().text();
  EXPECT_EQ(text_of(disk), std::string(5000, 'i') + std::string(disk_size - 5000, '\0'));
  EXPECT_FALSE(file.verify(image, {}, Until())->differs_at);
}

TEST_F(ImageFiles, OfAnotherSizeAreNotWritten) {
  put_text(disk, "something else");
  const auto put = medium(disk).put(image, Until());
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().cause(), Cause::refused);
  EXPECT_THAT(put.error().text(), HasSubstr("has 14 bytes, expected the 1048576 of the bench's `size`"));
  EXPECT_EQ(text_of(disk), "something else");
}

TEST_F(ImageFiles, AreNoFoldersPipesOrDevices) {
  ASSERT_EQ(::mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  for (const std::filesystem::path& path :
       {folder.path(), folder.path() / "pipe", std::filesystem::path("/dev/null")}) {
    const auto put = medium(path).put(image, Until());
    ASSERT_FALSE(put) << path;
    EXPECT_EQ(put.error().cause(), Cause::refused);
    EXPECT_THAT(put.error().text(), HasSubstr("is no file, expected a file or a loop device"));
  }
}

TEST_F(ImageFiles, AreWrittenByTheProgramAfterPowerIsOff) {
  ::setenv("COLDBOOT_LOCKS", (folder.path() / "locks").c_str(), 1);
  const std::string power = folder.write("power", "on");
  const std::string bench = folder.write(
      "bench.yaml", fmt::format("coldboot: bench/1\nname: vm\n"
                                "power: {{driver: command, closed: touch {}, open: rm -f {}, off-min: 0 s}}\n"
                                "consoles: {{com1: {{driver: pty, path: /nowhere}}}}\n"
                                "media: {{disk: {{driver: file, path: disk.img, size: 1 MiB}}}}\n",
                                power, power));
  const ChildResult written = coldboot({"media", "write", bench, "disk", packed_xz(image)});
  ASSERT_EQ(written.exit_status, 0) << written.output;
  EXPECT_THAT(written.output, AllOf(HasSubstr("vm/disk: holds card.img.xz: 5000 bytes written, read back"),
                                    HasSubstr("sha256 " + hash_of_text(text_of(image + ".xz")))));
  EXPECT_FALSE(std::filesystem::exists(power));
  EXPECT_EQ(coldboot({"media", "verify", bench, "disk", image}).exit_status, 0);
  const ChildResult wrong = coldboot({"media", "write", bench, "disk", folder.write("x.img.gz", "no gzip")});
  EXPECT_EQ(wrong.exit_status, 2) << wrong.output;
}

}  // namespace
}  // namespace coldboot
