#include <pty.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "harness/io/child.hpp"
#include "tests/guardian/wired_bench.hpp"

namespace coldboot {
namespace {

using testing::HasSubstr;
using testing::Not;

/// The program at a terminal that the test types on.
class AtATerminal {
 public:
  explicit AtATerminal(const std::vector<std::string>& arguments) {
    int ours = -1;
    int theirs = -1;
    EXPECT_EQ(::openpty(&ours, &theirs, nullptr, nullptr, nullptr), 0);
    terminal_ = Descriptor(ours);
    const Descriptor end(theirs);
    std::vector<std::string> argv = arguments;
    argv.insert(argv.begin(), COLDBOOT_BINARY);
    auto started = Child::start(argv, {.line = end.get()});
    EXPECT_TRUE(started);
    if (started) program_.emplace(std::move(*started));
  }

  void type(std::string_view keys) const {
    EXPECT_EQ(::write(terminal_.get(), keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  /// Waits until it has shown a text.
  bool shows(std::string_view text) {
    while (shown_.find(text) == std::string::npos) {
      pollfd waiting{terminal_.get(), POLLIN, 0};
      if (::poll(&waiting, 1, 30'000) <= 0) return false;
      std::array<char, 1024> piece{};
      const ssize_t count = ::read(terminal_.get(), piece.data(), piece.size());
      if (count <= 0) return false;
      shown_.append(piece.data(), static_cast<std::size_t>(count));
    }
    return true;
  }
  /// Its exit status, once it has left.
  int left() {
    pollfd end{program_->end_descriptor(), POLLIN, 0};
    EXPECT_EQ(::poll(&end, 1, 30'000), 1);
    return program_->reap();
  }
  [[nodiscard]] const std::string& shown() const { return shown_; }

 private:
  Descriptor terminal_;
  std::optional<Child> program_;
  std::string shown_;
};

class ConsoleCommand : public WiredBench {};

TEST_F(ConsoleCommand, IsTheDeviceItselfWhereNobodyHasTheBench) {
  AtATerminal terminal({"console", bench()});
  ASSERT_TRUE(becomes_true([&] { return lock().held; }));
  EXPECT_EQ(run("quick.yaml").exit_status, 75);
  terminal.type("hello");
  EXPECT_TRUE(terminal.shows("<hello>")) << terminal.shown();
  board.outlet().put(1, true);
  EXPECT_TRUE(terminal.shows("Booting..."));
  terminal.type("\x1d");  // ^]
  EXPECT_EQ(terminal.left(), 0);
  EXPECT_FALSE(lock().held);
}

TEST_F(ConsoleCommand, ShowsWhatARunSeesWithThePastAndTypesNothing) {
  const RunningProgram program(run_of("endless.yaml"));
  ASSERT_TRUE(becomes_true([&] {
    return events_of(runs()).find("step-started\",\"index\":1") != std::string::npos ||
           bench_state(lock()).power == Power::on;
  }));
  AtATerminal terminal({"console", bench(), "com1", "--escape", "^A"});
  EXPECT_TRUE(terminal.shows("Booting...")) << "said before we came";
  terminal.type("reboot\r");
  terminal.type("\x01");
  EXPECT_EQ(terminal.left(), 0);
  EXPECT_THAT(terminal.shown(), Not(HasSubstr("<reboot")));
  EXPECT_THAT(events_of(runs()), Not(HasSubstr("console-sent")));
}

TEST_F(ConsoleCommand, TypesOnTheConsoleOfARunWhenAskedTo) {
  RunningProgram program(run_of("endless.yaml"));
  ASSERT_TRUE(becomes_true([&] { return bench_state(lock()).power == Power::on; }));
  AtATerminal terminal({"console", bench(), "--write"});
  EXPECT_TRUE(terminal.shows("Booting..."));
  terminal.type("uname\r");
  EXPECT_TRUE(terminal.shows("<uname")) << terminal.shown();
  program.signal(SIGTERM);
  EXPECT_EQ(program.wait(), 128 + SIGTERM);
  EXPECT_EQ(terminal.left(), 0) << "the run has ended";
  EXPECT_THAT(events_of(runs()), HasSubstr("types on com1"));
  EXPECT_THAT(events_of(runs()), HasSubstr("\"type\":\"console-sent\",\"console\":\"com1\",\"bytes\":\"uname"));
}

TEST_F(ConsoleCommand, KnowsTheBenchsConsolesAndControlKeys) {
  const ChildResult other = coldboot({"console", bench(), "com2"});
  EXPECT_EQ(other.exit_status, 2);
  EXPECT_THAT(other.output, HasSubstr("found the console com2, expected one of com1"));
  EXPECT_THAT(coldboot({"console", bench(), "--escape", "x"}).output, HasSubstr("expected a control key"));
}

}  // namespace
}  // namespace coldboot
