#include "harness/io/child_process.hpp"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <stop_token>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>

#include "harness/io/descriptor.hpp"
#include "tests/soon.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Result<ChildResult> shell(const std::string& script, const Until& until, const ChildOptions& options = {}) {
  return run_child({"sh", "-c", script}, until, options);
}

/// A pipe whose reading end tells when every process that held the other end has gone. A child cannot inherit it;
/// it is opened through /proc, as a file.
class Witness {
 public:
  Witness() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    reader_ = Descriptor(ends[0]);
    writer_ = Descriptor(ends[1]);
  }

  /// For a shell's redirection: `exec 9>PATH`.
  [[nodiscard]] std::string path() const {
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(writer_.get());
  }

  /// Waits until nobody but this process holds it; a test that never gets there ends by ctest's time limit.
  void wait_until_all_gone() {
    writer_.close();
    char byte = 0;
    while (::read(reader_.get(), &byte, 1) > 0) {
    }
  }

 private:
  Descriptor reader_;
  Descriptor writer_;
};

TEST(ChildProcess, GivesItsExitStatusAndBothOutputsInOrder) {
  const auto result = shell("echo one; echo two >&2; echo three; exit 7", soon());
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result->exit_status, 7);
  EXPECT_EQ(result->output, "one\ntwo\nthree\n");
  EXPECT_EQ(result->output_bytes, 14U);
  EXPECT_LE(result->started, result->ended);
}

TEST(ChildProcess, TellsASignalFromAnExit) {
  const auto killed = shell("kill -KILL $$", soon());
  ASSERT_TRUE(killed);
  EXPECT_EQ(killed->exit_status, 128 + SIGKILL);
  const auto exited = shell("exit 9", soon());
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->exit_status, 9);
}

TEST(ChildProcess, PassesArgumentsUnchanged) {
  const auto result = run_child({"printf", "%s|", "a b", "$HOME", "*", ""}, soon());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "a b|$HOME|*||");
}

TEST(ChildProcess, ReadsItsInput) {
  ChildOptions options;
  options.input = std::string(3'000'000, 'x');
  const auto counted = run_child({"wc", "-c"}, soon(), options);
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->output, "3000000\n");
  const auto ignored = run_child({"true"}, soon(), options);
  ASSERT_TRUE(ignored) << "a child need not read it";
  const auto none = run_child({"cat"}, soon());
  ASSERT_TRUE(none);
  EXPECT_EQ(none->output, "");
}

TEST(ChildProcess, RunsInTheDirectoryItIsGiven) {
  ChildOptions options;
  options.directory = "/usr";
  const auto result = run_child({"pwd"}, soon(), options);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "/usr\n");
}

TEST(ChildProcess, HandsOutputOnAsItComes) {
  std::string seen;
  ChildOptions options;
  options.most_output = 4;
  options.on_output = [&](std::string_view bytes) { seen += bytes; };
  const auto result = shell("echo one; echo two", soon(), options);
  ASSERT_TRUE(result);
  EXPECT_EQ(seen, "one\ntwo\n");
  EXPECT_EQ(result->output, "on\n[4 bytes cut]\no\n");
}

TEST(ChildProcess, KeepsAFloodBounded) {
  ChildOptions options;
  options.most_output = 1000;
  const auto result = shell("echo begin; head -c 50000000 /dev/zero; echo end", soon(), options);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output_bytes, 50'000'010U);
  EXPECT_LT(result->output.size(), 1100U);
  EXPECT_THAT(result->output, StartsWith("begin\n"));
  EXPECT_THAT(result->output, HasSubstr("[49999010 bytes cut]"));
  EXPECT_TRUE(result->output.ends_with("end\n"));
}

TEST(ChildProcess, SaysWhatIsMissing) {
  const auto program = run_child({"coldboot-no-such-program"}, soon());
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().cause(), Cause::missing);
  EXPECT_EQ(program.error().text(), "coldboot-no-such-program: no such program (install it, or give its full path)");
  ChildOptions options;
  options.directory = "/no/such/folder";
  const auto directory = run_child({"true"}, soon(), options);
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().cause(), Cause::missing);
  EXPECT_THAT(directory.error().text(), HasSubstr("/no/such/folder"));
}

TEST(ChildProcess, SaysWhatMayNotBeRun) {
  const auto result = run_child({"/etc/passwd"}, soon());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().cause(), Cause::refused);
  const auto empty = run_child({}, soon());
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().cause(), Cause::mistake);
}

TEST(ChildProcess, IsEndedAtTheDeadlineWithAllItStarted) {
  Witness witness;
  const std::string script = "exec 9>" + witness.path() + "; sleep 1000 & (sleep 1000; true) & echo waiting; wait";
  const auto result = shell(script, Until(std::chrono::steady_clock::now() + 300ms));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().cause(), Cause::timeout);
  witness.wait_until_all_gone();
}

TEST(ChildProcess, IsKilledWhenItIgnoresBeingAskedToEnd) {
  Witness witness;
  std::stop_source stop;
  ChildOptions options;
  options.grace = 50ms;
  std::string seen;
  options.on_output = [&](std::string_view bytes) {
    seen += bytes;
    if (seen.ends_with("deaf\n")) stop.request_stop();
  };
  const std::string script = "exec 9>" + witness.path() +
                             "; trap '' TERM; sh -c 'while :; do sleep 1000; done' & "
                             "echo deaf; while :; do sleep 1000; done";
  const auto result = shell(script, Until(Instant::max(), stop.get_token()), options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().cause(), Cause::stopped);
  EXPECT_THAT(result.error().what(), HasSubstr("last line \"deaf\""));
  witness.wait_until_all_gone();
}

TEST(ChildProcess, MayCleanUpWhenItIsAskedToEnd) {
  std::stop_source stop;
  ChildOptions options;
  options.grace = 60s;
  std::string seen;
  options.on_output = [&](std::string_view bytes) {
    seen += bytes;
    if (seen == "ready\n") stop.request_stop();
  };
  const auto result = shell("trap 'echo relay off; exit 0' TERM; echo ready; while :; do sleep 0.01; done",
                            Until(Instant::max(), stop.get_token()), options);
  ASSERT_FALSE(result);
  EXPECT_TRUE(seen.starts_with("ready\n")) << seen;
  EXPECT_TRUE(seen.ends_with("relay off\n")) << seen;
}

TEST(ChildProcess, LeavesNothingRunningWhenItEnds) {
  Witness witness;
  const auto result = shell("exec 9>" + witness.path() + "; sleep 1000 & echo done", soon());
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result->output, "done\n");
  witness.wait_until_all_gone();
}

TEST(ChildProcess, DoesNotWaitForOneWhoLeftItsGroupWithTheOutput) {
  std::string name = (std::filesystem::temp_directory_path() / "coldboot-daemon-XXXXXX").string();
  const Descriptor file(::mkstemp(name.data()));
  const auto result =
      shell("setsid sh -c 'echo $$ > " + name + "; exec sleep 1000' & while [ ! -s " + name + " ]; do sleep 0.01; done",
            soon());
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result->exit_status, 0);
  pid_t daemon = 0;
  std::ifstream(name) >> daemon;
  ASSERT_GT(daemon, 1);
  EXPECT_EQ(::kill(daemon, SIGKILL), 0);
  std::filesystem::remove(name);
}

TEST(ChildProcess, IsNotStartedAfterAStopRequest) {
  std::stop_source stop;
  stop.request_stop();
  const auto result = run_child({"true"}, Until(Instant::max(), stop.get_token()));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().cause(), Cause::stopped);
}

TEST(ChildProcess, StopsFromAnotherThread) {
  std::stop_source stop;
  std::jthread other([&] { stop.request_stop(); });
  const auto result = run_child({"sleep", "1000"}, Until(Instant::max(), stop.get_token()));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().cause(), Cause::stopped);
}

TEST(ChildProcess, InheritsNothingOfOurs) {
  const Descriptor leaked(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC, as a library might
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto result = shell("ls /proc/$$/fd; exec grep SigBlk /proc/self/status", soon());
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "0\n1\n2\nSigBlk:\t0000000000000000\n");
}

TEST(ChildProcess, ManyRunAtOnce) {
  std::vector<std::jthread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([i] {
      const auto result = shell("exit " + std::to_string(i), soon());
      ASSERT_TRUE(result);
      EXPECT_EQ(result->exit_status, i);
    });
  }
}

}  // namespace
}  // namespace coldboot
