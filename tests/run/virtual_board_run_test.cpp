#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/io/child_process.hpp"
#include "tests/run/bench_on_disk.hpp"

namespace coldboot {
namespace {

using testing::HasSubstr;

/// A bench whose board is a QEMU process, and a scenario that waits for its firmware.
class VirtualRun : public testing::Test {
 protected:
  void SetUp() override {
    const auto version = run_child({"qemu-system-x86_64", "--version"},
                                   Until(std::chrono::steady_clock::now() + std::chrono::seconds(30)));
    if (!version) GTEST_SKIP() << "qemu-system-x86_64 is not installed";
    bench.write("bench.yaml", "coldboot: bench/1\nname: virtual-" + std::to_string(::getpid()) +
                                  "\npower: {driver: qemu, memory: 64 MiB, off-min: 0 s}\n"
                                  "consoles: {com1: {driver: qemu}}\nmedia: {flash: {driver: qemu-flash}}\n");
    bench.write("firmware.yaml",
                "coldboot: profile/1\nname: firmware\nmarkers:\n"
                "  banner: {match: 'SeaBIOS \\(version (?<version>[^)]+)', twice-within: 5 s}\n"
                "failures:\n"
                "  - {class: no-sign-of-life, silent-for: 3 s, after: power-on, before: first-byte}\n");
  }
  void write_scenario(const std::string& boot) const {
    bench.write("scenario.yaml", "coldboot: scenario/1\nname: firmware\nconfigurations:\n  board: {profile: firmware" +
                                     boot + "}\nsteps: [power-cycle, expect: {marker: banner, within: 60 s}]\n");
  }

  BenchOnDisk bench;
};

TEST_F(VirtualRun, MeasuresABoardThatIsAProcess) {
  write_scenario("");
  const RunOutcome outcome = bench.run();
  EXPECT_EQ(outcome.result.verdict, Verdict::pass) << outcome.result.reason;
}

TEST_F(VirtualRun, TellsAnErasedFlashFromABoardWithoutPower) {
  bench.write("erased.rom", std::string(std::size_t{8} << 20U, '\xff'));
  write_scenario(", boot: {flash: erased.rom}");
  const RunOutcome outcome = bench.run();
  EXPECT_EQ(outcome.result.verdict, Verdict::fail) << outcome.result.reason;
  EXPECT_THAT(outcome.result.reason, HasSubstr("no-sign-of-life"));
}

}  // namespace
}  // namespace coldboot
