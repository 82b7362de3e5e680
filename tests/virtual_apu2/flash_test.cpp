#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/processes.hpp"
#include "tests/run/bench_on_disk.hpp"
#include "tests/virtual_apu2/firewall_board.hpp"

// What the virtual board says of its flash, through the shipped bench and profile.

namespace coldboot {
namespace {

using testing::HasSubstr;

constexpr std::size_t flash_bytes = std::size_t{8} << 20U;
constexpr char erased = '\xff';

class FlashTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::filesystem::path firmware = images_folder / "firmware/v4.15.0.1.rom";
    if (!std::filesystem::exists(firmware)) GTEST_SKIP() << "not built; ./dev virtual-apu2 firmware does it";
    image = text_of(firmware);
    ASSERT_EQ(image.size(), flash_bytes);
    bench.write("bench.yaml", text_of(project_folder / "fixtures/benches/virtual-apu2-firmware.yaml"));
  }

  /// Boots `image` until the marker comes.
  [[nodiscard]] RunOutcome boot(const std::string& marker, int boots = 1) const {
    bench.write("flash.rom", image);
    bench.write("scenario.yaml", "coldboot: scenario/1\nname: flash\nconfigurations:\n  board: {profile: " +
                                     (project_folder / "fixtures/profiles/virtual-apu2.yaml").string() +
                                     ", boot: {flash: flash.rom}}\nrepeat: {boots: " + std::to_string(boots) +
                                     "}\nsteps: [power-cycle, expect: {marker: " + marker + ", within: 30 s}]\n");
    return bench.run();
  }

  static std::string type_of(const RunOutcome& outcome) {
    return outcome.result.boots.empty() ? "no boot" : outcome.result.boots.front().reason_type;
  }

  std::string image;
  BenchOnDisk bench;
};

TEST_F(FlashTest, ThatIsWholeBoots) {
  const RunOutcome outcome = boot("f10");
  EXPECT_EQ(outcome.result.verdict, Verdict::pass) << outcome.result.reason;
}

TEST_F(FlashTest, ThatIsErasedIsToldFromAllElse) {
  image.assign(flash_bytes, erased);
  const RunOutcome outcome = boot("f10");
  EXPECT_EQ(outcome.result.verdict, Verdict::fail) << outcome.result.reason;
  EXPECT_EQ(type_of(outcome), "no-sign-of-life");
}

TEST_F(FlashTest, ThatIsCorruptedHasNoSignOfLife) {
  for (std::size_t at = flash_bytes - (std::size_t{64} << 10U); at < flash_bytes; at += 100) image[at] ^= '\x5a';
  EXPECT_EQ(type_of(boot("f10")), "no-sign-of-life");
}

TEST_F(FlashTest, ThatIsHalfWrittenHasNoSignOfLife) {
  std::fill(image.begin() + flash_bytes / 2, image.end(), erased);
  EXPECT_EQ(type_of(boot("f10")), "no-sign-of-life");
}

TEST_F(FlashTest, OfABoardThatSpeaksAndComesNoFurtherIsNotBlamed) {
  EXPECT_EQ(type_of(boot("loader-start")), "no-bootable-device");
}

TEST_F(FlashTest, OfABoardWithoutPowerIsNotBlamed) {
  // The board's process dies at once, as a board does whose supply is gone.
  bench.write("qemu", "#!/bin/sh\nqemu-system-x86_64 \"$@\" & sleep 0.5; kill -KILL $!\n");
  std::filesystem::permissions(bench.folder() / "qemu", std::filesystem::perms::owner_all);
  bench.write("bench.yaml",
              "coldboot: bench/1\nname: virtual-apu2-firmware\npower: {driver: qemu, off-min: 0 s, program: " +
                  (bench.folder() / "qemu").string() +
                  "}\nconsoles: {com1: {driver: qemu}}\nmedia: {flash: {driver: qemu-flash}}\n");
  image.assign(flash_bytes, erased);
  const RunOutcome outcome = boot("f10");
  EXPECT_EQ(outcome.result.verdict, Verdict::error) << outcome.result.reason;
  EXPECT_THAT(outcome.result.reason, HasSubstr("QEMU ended by itself"));
}

TEST_F(FlashTest, BootsThirtyTimesInARowAndLeavesNothing) {
  const RunOutcome outcome = boot("f10", 30);
  EXPECT_EQ(outcome.result.verdict, Verdict::pass) << outcome.result.reason;
  EXPECT_EQ(outcome.result.boots.size(), 30U);
  EXPECT_THAT(children(), testing::IsEmpty());
}

}  // namespace
}  // namespace coldboot
