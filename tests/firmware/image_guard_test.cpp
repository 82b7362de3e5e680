#include "harness/firmware/image_guard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/firmware/image_builder.hpp"

namespace coldboot {
namespace {

using testing::HasSubstr;

const ImageWish wish_of_an_apu2{.where = "new.rom", .size_bytes = 64 * 1024, .model = "apu2d4"};

std::string refusal(std::string_view image, const ImageWish& wish = wish_of_an_apu2) {
  const auto checked = check_image(look_at_image(image), wish);
  if (checked) return "";
  EXPECT_EQ(checked.error().cause(), Cause::mistake);
  EXPECT_EQ(checked.error().where(), "new.rom");
  return checked.error().what();
}

TEST(ImageGuard, LetsPassWhatFits) {
  EXPECT_EQ(refusal(apu2_image()), "");
  EXPECT_EQ(refusal(apu2_image(), {.where = "new.rom", .size_bytes = std::nullopt, .model = ""}), "");
  EXPECT_EQ(refusal(ImageBuilder(64 * 1024).put(0, "does not say whose it is").take()), "");
}

TEST(ImageGuard, RefusesAnotherSizeThanTheChips) {
  EXPECT_THAT(refusal(apu2_image(128 * 1024)), HasSubstr("found an image of 128 KiB, expected 64 KiB"));
  EXPECT_THAT(refusal(""), HasSubstr("0 B"));
  EXPECT_THAT(refusal("", {.where = "new.rom", .size_bytes = std::nullopt, .model = ""}), HasSubstr("an empty file"));
}

TEST(ImageGuard, RefusesWhatReadsLikeAClipWithoutContact) {
  EXPECT_THAT(refusal(std::string(64 * 1024, '\xff')), HasSubstr("nothing but bytes 0xff"));
  EXPECT_THAT(refusal(std::string(64 * 1024, '\0')), HasSubstr("nothing but bytes 0x00"));
}

TEST(ImageGuard, RefusesFirmwareOfAnotherBoard) {
  ImageWish wish = wish_of_an_apu2;
  wish.model = "apu4d4";
  EXPECT_THAT(refusal(apu2_image(), wish), HasSubstr("found firmware for PC Engines apu2, expected some for apu4d4"));
}

TEST(ImageGuard, KnowsABoardUnderSeveralNames) {
  EXPECT_TRUE(may_be_board("apu2", "apu2d4"));
  EXPECT_TRUE(may_be_board("APU2", "PC Engines apu2 E4"));
  EXPECT_TRUE(may_be_board("PC Engines apu2", "apu-2"));
  EXPECT_TRUE(may_be_board("", "apu2"));
  EXPECT_TRUE(may_be_board("apu2", ""));
  EXPECT_FALSE(may_be_board("apu2", "apu3"));
  EXPECT_FALSE(may_be_board("QEMU x86 q35/ich9", "apu2d4"));
}

}  // namespace
}  // namespace coldboot
