#include "harness/firmware/firmware_image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/firmware/image_builder.hpp"

namespace coldboot {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t image_size = 4096;

TEST(FirmwareImage, SaysWhichAreasItsMapNames) {
  EXPECT_THAT(flash_areas(apu2_image()), ElementsAre(FlashArea{"BIOS", 0, 0x10000}, FlashArea{"FMAP", 0x200, 0x200},
                                                     FlashArea{"COREBOOT", 0x1000, 0xF000}));
}

TEST(FirmwareImage, PassesOverTextThatOnlyLooksLikeAMap) {
  const std::string image = ImageBuilder(image_size)
                                .put(100, "__FMAP__ missing or corrupted at offset 0x%zx!\n and more words after that")
                                .map(1024, {{"COREBOOT", 2048, 2048}})
                                .take();
  EXPECT_THAT(flash_areas(image), ElementsAre(FlashArea{"COREBOOT", 2048, 2048}));
}

TEST(FirmwareImage, BelievesNoMapThatReachesBeyondTheImage) {
  EXPECT_THAT(flash_areas(ImageBuilder(image_size).map(64, {{"COREBOOT", 2048, 2049}}).take()), IsEmpty());
  EXPECT_THAT(flash_areas(ImageBuilder(image_size).map(64, {{"COREBOOT", 4097, 0}}).take()), IsEmpty());
  const std::string whole = ImageBuilder(image_size).map(64, {{"A", 0, 64}, {"B", 64, 64}}).take();
  for (std::size_t length = 64; length < 64 + 56 + 2 * 42; ++length)
    EXPECT_THAT(flash_areas(std::string_view(whole).substr(0, length)), IsEmpty()) << length;
}

TEST(FirmwareImage, ListsTheFilesOfItsFileSystem) {
  const std::string image = apu2_image();
  const auto files = cbfs_files(image);
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[0].name, "fallback/romstage");
  EXPECT_EQ(files[0].content, "machine code");
  EXPECT_EQ(files[0].type, 0x50U);
  EXPECT_FALSE(files[0].is_compressed);
  EXPECT_EQ(files[1].name, "revision");
}

TEST(FirmwareImage, LeavesOutFilesThatReachBeyondItsEnd) {
  const std::string image = ImageBuilder(image_size).file(image_size - 128, "revision", "0123456789").take();
  EXPECT_EQ(cbfs_files(image).size(), 1U);
  EXPECT_THAT(cbfs_files(std::string_view(image).substr(0, image_size - 100)), IsEmpty());
}

TEST(FirmwareImage, SaysWhoseItIsAndHowItWasBuilt) {
  EXPECT_EQ(firmware_build(apu2_image()), (FirmwareBuild{.version = "4.15-v4.15.0.1",
                                                         .revision = "0123abcd",
                                                         .built = "Tue Nov 23 10:00:00 UTC 2021",
                                                         .vendor = "PC Engines",
                                                         .board = "apu2"}));
}

TEST(FirmwareImage, DoesNotReadWhatIsCompressed) {
  const std::string image =
      ImageBuilder(image_size)
          .file(1024, "revision", "#define COREBOOT_VERSION \"4.15\"\n", ImageBuilder::Compression::lzma)
          .take();
  ASSERT_EQ(cbfs_files(image).size(), 1U);
  EXPECT_TRUE(cbfs_files(image)[0].is_compressed);
  EXPECT_EQ(firmware_build(image), FirmwareBuild{});
}

TEST(FirmwareImage, TakesTheIdentificationAtItsEndWhereNoFileNamesTheBoard) {
  for (const std::size_t before_end : {0x10U, 0x80U}) {
    const std::string image =
        ImageBuilder(image_size).identification(before_end, "v4.0.22", "PC Engines", "apu3").take();
    EXPECT_EQ(firmware_build(image), (FirmwareBuild{.version = "v4.0.22", .vendor = "PC Engines", .board = "apu3"}));
  }
}

TEST(FirmwareImage, IsEmptyOfWhatItDoesNotSay) {
  const FirmwareImage image = look_at_image("some bytes");
  EXPECT_EQ(image.size_bytes, 10U);
  EXPECT_FALSE(image.filled_with);
  EXPECT_THAT(image.areas, IsEmpty());
  EXPECT_EQ(image.build, FirmwareBuild{});
  EXPECT_FALSE(look_at_image("").filled_with);
  EXPECT_EQ(look_at_image(std::string(100, '\0')).filled_with, '\0');
}

}  // namespace
}  // namespace coldboot
