#include <filesystem>
#include <random>
#include <sstream>

#include <gmock/gmock.h>

#include "tests/guardian/wired_bench.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

/// The child of that name a process has, whichever of its threads started it; 0 where it has none.
pid_t child_of(pid_t process, const std::string& name) {
  std::error_code gone;
  for (const auto& task : fs::directory_iterator(fmt::format("/proc/{}/task", process), gone)) {
    std::istringstream children(text_of(task.path() / "children"));
    for (pid_t child = 0; children >> child;) {
      if (text_of(fmt::format("/proc/{}/comm", child)) == name + "\n") return child;
    }
  }
  return 0;
}

class GuardianTest : public WiredBench {
 protected:
  /// Starts a run that would go on for long.
  void start() { program = std::make_unique<RunningProgram>(run_of("endless.yaml")); }
  void expect_it_made_safe() {
    EXPECT_TRUE(becomes_true([&] { return !board.is_on(); }));
    EXPECT_TRUE(becomes_true([&] { return !lock().held; }));
    EXPECT_TRUE(bench_state(lock()).left_safe);
  }
  std::unique_ptr<RunningProgram> program;
};

TEST_F(GuardianTest, SwitchesOffAfterARunThatWasKilledAndTellsTheRecord) {
  start();
  ASSERT_TRUE(becomes_true([&] { return board.is_on(); }));
  EXPECT_FALSE(bench_state(lock()).left_safe) << "should the host crash now";
  program->signal(SIGKILL);
  expect_it_made_safe();
  const auto folder_of_run = only_run_in(runs());
  EXPECT_THAT(events_of(folder_of_run), HasSubstr("the run's process died; its guardian makes the bench safe"));
  EXPECT_THAT(events_of(folder_of_run), HasSubstr(R"("type":"made-safe","state":"off","done":true)"));
  const ChildResult report = coldboot({"report", folder_of_run.string()});
  EXPECT_EQ(report.exit_status, 3) << report.output;
  EXPECT_THAT(report.output, HasSubstr("ABORTED"));
}

TEST_F(GuardianTest, SwitchesOffWheneverTheRunIsKilled) {
  std::mt19937 dice(4711);  // NOLINT(cert-msc51-cpp): the same kills each time
  std::uniform_int_distribution<int> milliseconds(0, 250);
  Nanos slowest{};
  for (int kill = 0; kill < 50; ++kill) {
    start();
    if (kill % 2 == 0) {
      ASSERT_TRUE(becomes_true([&] { return board.is_on(); }));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds(dice)));
    const auto killed = std::chrono::steady_clock::now();
    program->signal(SIGKILL);
    expect_it_made_safe();
    slowest = std::max<Nanos>(slowest, std::chrono::steady_clock::now() - killed);
    program.reset();
  }
  RecordProperty("slowest_ms", static_cast<int>(slowest / 1ms));
  const ChildResult next = run("quick.yaml");
  EXPECT_EQ(next.exit_status, 0) << next.output;
}

TEST_F(GuardianTest, AsksSystemdForAScopeOfItsOwn) {
  const fs::path tools = folder.path() / "tools";
  const fs::path asked = folder.path() / "asked";
  fs::create_directory(tools);
  // In the place of systemd's busctl: refuses for the system, and tells who was to be moved for the user.
  const fs::path busctl =
      folder.write("tools/busctl", fmt::format("#!/bin/sh\n[ $1 = --user ] || {{ echo 'Access denied'; exit 1; }}\n"
                                               "echo $8 ${{10}} of $(cat /proc/${{16}}/comm) > {}\n",
                                               asked.string()));
  fs::permissions(busctl, fs::perms::owner_all);
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", fmt::format("{}:{}", tools.string(), path).c_str(), 1);
  start();
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_TRUE(becomes_true([&] { return board.is_on(); }));
  EXPECT_THAT(text_of(asked),
              testing::MatchesRegex("StartTransientUnit coldboot-guard-[0-9]+.scope of coldboot-guard\n"));
}

TEST_F(GuardianTest, IsReplacedWhenItIsKilled) {
  start();
  ASSERT_TRUE(becomes_true([&] { return board.is_on(); }));
  const pid_t first = child_of(program->pid(), "coldboot-guard");
  ASSERT_NE(first, 0);
  ::kill(first, SIGKILL);
  ASSERT_TRUE(becomes_true([&] {
    const pid_t second = child_of(program->pid(), "coldboot-guard");
    return second != 0 && second != first;
  }));
  EXPECT_TRUE(becomes_true([&] { return events_of(runs()).find("another has taken its place") != std::string::npos; }));
  program->signal(SIGKILL);
  expect_it_made_safe();
  EXPECT_THAT(events_of(runs()), HasSubstr("its guardian makes the bench safe")) << "it knows the run's folder";
}

TEST_F(GuardianTest, EndsARunThatDoesNotAnswerAnyMore) {
  start();
  ASSERT_TRUE(becomes_true([&] { return board.is_on(); }));
  program->signal(SIGSTOP);
  expect_it_made_safe();
  EXPECT_EQ(program->wait(), 128 + SIGKILL);
  EXPECT_THAT(events_of(only_run_in(runs())), HasSubstr("did not answer for 10 s"));
}

TEST_F(GuardianTest, SwitchesOffAlthoughTheOutletFailsAtFirst) {
  start();
  ASSERT_TRUE(becomes_true([&] { return board.is_on(); }));
  board.outlet().put_trouble(OutletServer::Trouble::overloaded);
  const std::size_t asked = board.outlet().asked().size();
  program->signal(SIGKILL);
  ASSERT_TRUE(becomes_true([&] { return board.outlet().asked().size() > asked; }));
  board.outlet().put_trouble(OutletServer::Trouble::none);
  expect_it_made_safe();
}

TEST_F(GuardianTest, IsNotFoundByWhatEndsAJob) {
  ::setenv("JENKINS_NODE_COOKIE", "of-this-job", 1);
  start();
  ::unsetenv("JENKINS_NODE_COOKIE");
  ASSERT_TRUE(becomes_true([&] { return board.is_on(); }));
  const auto guardian = child_of(program->pid(), "coldboot-guard");
  ASSERT_GT(guardian, 0);
  EXPECT_EQ(::getsid(guardian), guardian) << "a session of its own";
  EXPECT_THAT(text_of(fmt::format("/proc/{}/environ", program->pid())), HasSubstr("of-this-job"));
  EXPECT_THAT(text_of(fmt::format("/proc/{}/environ", guardian)), Not(HasSubstr("of-this-job")));
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::kill(guardian, signal);
  program->signal(SIGKILL);
  expect_it_made_safe();
}

TEST_F(GuardianTest, GoesHomeWithARunThatEnds) {
  for (int i = 0; i < 3; ++i) {
    const ChildResult ended = run("quick.yaml");
    EXPECT_EQ(ended.exit_status, 0) << "the one before still has the bench? " << ended.output;
  }
  EXPECT_THAT(events_of(runs()), Not(HasSubstr("guardian")));
  EXPECT_FALSE(lock().held);
}

TEST_F(GuardianTest, GoesHomeWithARunThatIsStopped) {
  start();
  ASSERT_TRUE(becomes_true([&] { return board.is_on(); }));
  program->signal(SIGTERM);
  EXPECT_EQ(program->wait(), 128 + SIGTERM);
  EXPECT_FALSE(board.is_on());
  EXPECT_FALSE(lock().held);
  EXPECT_THAT(events_of(runs()), Not(HasSubstr("guardian")));
}

}  // namespace
}  // namespace coldboot
