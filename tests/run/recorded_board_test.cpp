#include <map>

#include <gtest/gtest.h>

#include "harness/event/run_record.hpp"
#include "harness/measure/record.hpp"
#include "tests/run/bench_on_disk.hpp"

namespace coldboot {
namespace {

const std::filesystem::path project = COLDBOOT_SOURCE_DIR;
const std::filesystem::path recorded = project / "fixtures/recordings/virtual-apu2";

/// When each marker was first seen, since power came on.
std::map<std::string, Nanos> times_of(const BootResult& boot) {
  std::map<std::string, Nanos> times;
  for (const MarkerHit& hit : boot.markers) times.emplace(hit.marker, hit.at - *boot.started);
  return times;
}

/// Plays a recorded boot of the virtual apu2 as a board, in virtual time.
RunOutcome play(const std::string& boot, const std::string& profile) {
  const BenchOnDisk bench;
  bench.write("scenario.yaml", "coldboot: scenario/1\nname: recorded\nconfigurations:\n  board:\n    profile: " +
                                   (project / "fixtures/profiles" / (profile + ".yaml")).string() +
                                   "\n    boot: {recording: " + (recorded / "boots" / boot).string() +
                                   "}\nsteps: [power-cycle, expect: {marker: menu, within: 900 s}]\n");
  return bench.run();
}

TEST(RecordedBoard, BootsAsItsRecordingDid) {
  for (const auto& [boot, profile] :
       {std::pair("001-bare", "virtual-apu2"), std::pair("002-xen", "virtual-apu2-xen")}) {
    const RunOutcome first = play(boot, profile);
    const RunOutcome second = play(boot, profile);
    ASSERT_EQ(first.result.verdict, Verdict::pass) << first.result.reason;
    const auto times = times_of(first.result.boots.at(0));
    EXPECT_GT(times.at("menu"), std::chrono::seconds(20));
    EXPECT_EQ(times, times_of(second.result.boots.at(0)));
  }
}

TEST(RecordedBoard, FailsAsItsRecordingDid) {
  const auto type = [](const char* boot) { return play(boot, "virtual-apu2").result.boots.at(0).reason_type; };
  EXPECT_EQ(type("004-erased"), "no-sign-of-life");
  EXPECT_EQ(type("005-nocard"), "no-bootable-device");
}

}  // namespace
}  // namespace coldboot
