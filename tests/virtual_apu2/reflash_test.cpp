#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/event/run_info.hpp"
#include "tests/run/bench_on_disk.hpp"
#include "tests/virtual_apu2/firewall_board.hpp"

// Real flashrom and real coreboot: the virtual board's chip is written while it has no power, and boots what was
// written.

namespace coldboot {
namespace {

using testing::HasSubstr;

class ReflashTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* version : {"v4.15.0.1", "v4.15.0.2"}) {
      const std::filesystem::path built = images_folder / "firmware" / (std::string(version) + ".rom");
      if (!std::filesystem::exists(built)) GTEST_SKIP() << "not built; ./dev virtual-apu2 firmware does it";
      std::filesystem::copy_file(built, bench.folder() / (std::string(version) + ".rom"));
    }
    std::filesystem::copy_file(image("v4.15.0.1.rom"), chip());
    bench.write("bench.yaml", "coldboot: bench/1\nname: reflashed-" + std::to_string(::getpid()) +
                                  "\npower: {driver: qemu, cpus: 1, memory: 256 MiB, off-min: 0 s, chip: chip.rom}\n"
                                  "consoles: {com1: {driver: qemu}}\n"
                                  "flash:\n  driver: flashrom\n"
                                  "  programmer: \"dummy:emulate=VARIABLE_SIZE,size=8388608,image=" +
                                  chip().string() +
                                  "\"\n  size: 8 MiB\n  boots-within: 30 s\n  golden: {file: v4.15.0.1.rom, sha256: " +
                                  sha256_of(image("v4.15.0.1.rom")).value() + "}\n");
  }

  [[nodiscard]] std::filesystem::path image(const std::string& name) const { return bench.folder() / name; }
  [[nodiscard]] std::filesystem::path chip() const { return bench.folder() / "chip.rom"; }
  [[nodiscard]] bool chip_holds(const std::string& name) const { return text_of(chip()) == text_of(image(name)); }

  [[nodiscard]] RunOutcome run(const std::string& steps) const {
    bench.write("scenario.yaml", "coldboot: scenario/1\nname: reflash\nconfigurations:\n  board: {profile: " +
                                     (project_folder / "fixtures/profiles/virtual-apu2.yaml").string() + "}\nsteps: [" +
                                     steps + "]\n");
    return bench.run();
  }
  static std::string firmware_shown(const RunOutcome& outcome) {
    for (const Attribute& row : outcome.result.boots.at(0).attributes) {
      if (row.name == "firmware") return row.observed;
    }
    return "none";
  }

  BenchOnDisk bench;
};

TEST_F(ReflashTest, ASecondVersionIsWrittenAndItsBannerShowsIt) {
  const RunOutcome outcome =
      run("{flash: {image: v4.15.0.2.rom, if: changed}}, power-on, {expect: {marker: f10, within: 30 s}}");
  ASSERT_EQ(outcome.result.verdict, Verdict::pass) << outcome.result.reason;
  EXPECT_EQ(firmware_shown(outcome), "v4.15.0.2");
  EXPECT_TRUE(chip_holds("v4.15.0.2.rom"));
  const auto& images = outcome.result.boots.at(0).images;
  ASSERT_EQ(images.size(), 1U);
  EXPECT_EQ(images[0].outcome, "written");
  EXPECT_EQ(images[0].read_back, sha256_of(image("v4.15.0.2.rom")).value());
  EXPECT_THAT(images[0].version, HasSubstr("v4.15.0.2"));
}

TEST_F(ReflashTest, AnErasedChipIsSilentAndRecoveryBringsTheBoardBack) {
  put_text(chip(), std::string(std::filesystem::file_size(chip()), '\xff'));
  const RunOutcome silent = run("power-on, {expect: {marker: f10, within: 10 s}}");
  EXPECT_EQ(silent.result.verdict, Verdict::fail);
  EXPECT_EQ(silent.result.boots.at(0).reason_type, "no-sign-of-life");
  const RunOutcome back = run("recover, power-on, {expect: {marker: f10, within: 30 s}}");
  EXPECT_EQ(back.result.verdict, Verdict::pass) << back.result.reason;
  EXPECT_TRUE(chip_holds("v4.15.0.1.rom"));
}

TEST_F(ReflashTest, AnImageThatDoesNotBootIsReplacedByTheGoldenOne) {
  std::string broken = text_of(image("v4.15.0.2.rom"));
  std::fill(broken.end() - (std::ptrdiff_t{64} << 10U), broken.end(), '\xff');  // where the processor begins
  bench.write("broken.rom", broken);
  const RunOutcome outcome = run("{flash: {image: broken.rom}}, power-on, {expect: {marker: f10, within: 10 s}}");
  EXPECT_EQ(outcome.result.verdict, Verdict::error);
  EXPECT_THAT(outcome.result.reason, HasSubstr("the golden image was put back and boots"));
  EXPECT_TRUE(chip_holds("v4.15.0.1.rom"));
}

}  // namespace
}  // namespace coldboot
