#include <fstream>

#include <gmock/gmock.h>

#include "tests/guardian/wired_bench.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int busy = 75;

/// Several who want one bench.
class Holders : public WiredBench {};

TEST_F(Holders, AreOneAtATimeAndTheOtherIsToldWhoItIs) {
  RunningProgram first(run_of("endless.yaml"));
  ASSERT_TRUE(becomes_true([&] { return board.is_on(); }));
  const ChildResult second = run("quick.yaml");
  EXPECT_EQ(second.exit_status, busy);
  EXPECT_THAT(second.output, AllOf(HasSubstr("held by"), HasSubstr("coldboot run endless")));
  EXPECT_TRUE(board.is_on()) << "left alone";
}

TEST_F(Holders, WaitForEachOtherWhenAskedTo) {
  std::vector<std::unique_ptr<RunningProgram>> programs;
  for (int i = 0; i < 4; ++i) {
    std::vector<std::string> arguments = run_of("quick.yaml");
    arguments.emplace_back("--wait");
    programs.push_back(std::make_unique<RunningProgram>(arguments));
  }
  for (const auto& program : programs) EXPECT_EQ(program->wait(), 0);
  EXPECT_EQ(board.outlet().times_closed(1), 4) << "each switched it on from off";
}

TEST_F(Holders, WaitNoLongerThanTheyWereTold) {
  RunningProgram first(run_of("endless.yaml"));
  ASSERT_TRUE(becomes_true([&] { return board.is_on(); }));
  const ChildResult second = run("quick.yaml", {"--wait", "200 ms"});
  EXPECT_EQ(second.exit_status, busy);
  EXPECT_THAT(second.output, HasSubstr("waiting: "));
}

TEST_F(Holders, SwitchABenchOffFirstThatWasNotLeftSafe) {
  ASSERT_EQ(run("quick.yaml").exit_status, 0);
  board.outlet().put(1, true);  // the host went down with power on
  std::ofstream(bench_lock("wired").value()) << "maria, process 1, since 2026-01-01T00:00:00Z: coldboot run night\n"
                                             << R"({"token": 7, "left-safe": false, "power": "on"})" << '\n';
  EXPECT_THAT(coldboot({"status", bench()}).output, AllOf(HasSubstr("not safe"), HasSubstr("power on")));
  const ChildResult next = run("quick.yaml");
  EXPECT_EQ(next.exit_status, 0) << next.output;
  EXPECT_THAT(events_of(runs()), HasSubstr("was not left safe by its last holder"));
  EXPECT_EQ(bench_state(lock()).token, 8U);
  EXPECT_THAT(coldboot({"status", bench()}).output, AllOf(HasSubstr("free"), HasSubstr("power off")));
}

TEST_F(Holders, AreRefusedOnceTheirLeaseIsOver) {
  auto lease = Lease::take("wired", {.what = "a process that was thought dead"});
  ASSERT_TRUE(lease);
  EXPECT_TRUE(lease->check());
  auto guardian = Lease::take_over("wired", Descriptor(::dup(lease->descriptor())));
  ASSERT_TRUE(guardian);
  EXPECT_TRUE(guardian->check());
  const auto refused = lease->check();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause(), Cause::refused);
  EXPECT_THAT(refused.error().what(), HasSubstr("lease 1 is over, 2 has been given out since"));
  lease->hand_back();
  EXPECT_EQ(bench_state(lock()).token, 2U) << "nothing to hand back";
}

TEST_F(Holders, AreToldWhatOtherHostsReach) {
  (void)run("quick.yaml");
  EXPECT_THAT(events_of(runs()),
              HasSubstr("other hosts reach tasmota, tcp too, and no lock of this host keeps them off"));
}

TEST_F(Holders, LeaveWordHowTheSystemCameDown) {
  const auto run_and_hear_of_the_boot_before = [this](const std::string& scenario) {
    std::filesystem::remove_all(runs());
    const ChildResult ended = run(scenario);
    EXPECT_EQ(ended.exit_status, 0) << ended.output;
    return text_of(only_run_in(runs()) / "boots/001-board/events.jsonl");
  };
  (void)folder.write(
      "clean.yaml",
      "coldboot: scenario/1\nname: clean\nbench: bench.yaml\nconfigurations: {board: {profile: haltable}}\n"
      "steps: [power-on, expect: {marker: kernel, within: 30 s}, power-off: {how: clean}]\n");
  (void)folder.write("haltable.yaml",
                     "coldboot: profile/1\nname: haltable\nmarkers: {kernel: {match: 'Booting'}}\n"
                     "shutdown: {at: kernel, send: 'halt\\r', done: '<halt', within: 30 s}\n");
  EXPECT_THAT(run_and_hear_of_the_boot_before("clean.yaml"), Not(HasSubstr(R"("after")")));
  EXPECT_THAT(run_and_hear_of_the_boot_before("quick.yaml"), HasSubstr(R"("after":"clean")"));
  EXPECT_THAT(run_and_hear_of_the_boot_before("quick.yaml"), HasSubstr(R"("after":"cut")"));
}

TEST_F(Holders, AreShownByStatus) {
  EXPECT_THAT(coldboot({"status", bench()}).output, HasSubstr("never used"));
  RunningProgram first(run_of("endless.yaml"));
  ASSERT_TRUE(becomes_true([&] { return bench_state(lock()).power == Power::on; }));
  const std::string text = coldboot({"status"}, folder.path()).output;
  EXPECT_THAT(text, AllOf(HasSubstr("wired"), HasSubstr("busy"), HasSubstr("power on"), HasSubstr("process "),
                          HasSubstr("coldboot run endless"), HasSubstr("at the latest"), HasSubstr("runs/20")));
  EXPECT_THAT(coldboot({"status", bench(), "--json"}).output, HasSubstr(R"("state": "busy")"));
}

}  // namespace
}  // namespace coldboot
