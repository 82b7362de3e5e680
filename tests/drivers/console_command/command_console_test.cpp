#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/console_command/command_console_driver.hpp"
#include "tests/drivers/console_rig.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

using testing::HasSubstr;

class CommandConsoleTest : public testing::Test {
 protected:
  void start(const std::string& command, bool terminal = false) {
    auto opened = rig.open(&open_command_console, {{"run", command}, {"terminal", terminal ? "true" : "false"}});
    ASSERT_TRUE(opened) << opened.error().text();
    console = std::move(*opened);
    rig.record(*console);
  }
  /// Programs that speak wait for it, so that somebody listens.
  void go() { ASSERT_TRUE(console->write("\n", soon())); }
  void TearDown() override { rig.stop_recording(); }

  ConsoleRig rig;  // outlives the console, which tells it things from a thread of its own
  std::unique_ptr<ByteStream> console;
};

TEST_F(CommandConsoleTest, IsTheProgramsInputAndOutput) {
  start("sh -c 'echo ready >&2; exec cat'");
  ASSERT_TRUE(console->write(std::string("typed\0\xff\r\n", 9), soon()));
  EXPECT_EQ(rig.recorded("\n"), std::string("typed\0\xff\r\n", 9)) << "and its complaints are not in it";
}

TEST_F(CommandConsoleTest, GivesATerminalToAProgramThatAsksForOne) {
  start("sh -c 'read go; test -t 0 && test -t 1 && echo a terminal; exec cat'", true);
  go();
  EXPECT_EQ(rig.recorded("\n"), "a terminal\n");
}

TEST_F(CommandConsoleTest, IsLostWhenTheProgramEndsAndSaysWhatItComplainedOf) {
  start("sh -c 'read go; printf before; echo no route to rte-3 >&2; sleep 100 & exit 7'");
  go();
  ASSERT_TRUE(rig.wait_for<ConsoleLost>()) << "although what it started has the console still open";
  const auto note = rig.wait_for<Note>();
  ASSERT_TRUE(note);
  EXPECT_THAT(note->text, HasSubstr("ended with 7"));
  EXPECT_THAT(note->text, HasSubstr("no route to rte-3"));
  ASSERT_TRUE(console->reopen(soon()));
  ASSERT_TRUE(rig.capture().resume("com1"));
  go();
  EXPECT_EQ(rig.recorded("beforebefore"), "beforebefore");
}

TEST_F(CommandConsoleTest, EndsItsProgramWithItself) {
  const TemporaryFolder folder;
  const auto ended = folder.path() / "ended";
  start("sh -c 'trap \"echo x > " + ended.string() +
        "; exit\" TERM; read go; echo started; while :; do sleep 0.01; done'");
  go();
  EXPECT_EQ(rig.recorded("\n"), "started\n");
  rig.stop_recording();
  console.reset();
  EXPECT_TRUE(std::filesystem::exists(ended)) << "and was asked to first";
}

TEST_F(CommandConsoleTest, SaysThatThereIsNoSuchProgram) {
  const auto opened = rig.open(&open_command_console, {{"run", "no-such-console-client -x"}});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().cause(), Cause::missing);
  EXPECT_THAT(opened.error().text(), HasSubstr("no-such-console-client"));
}

}  // namespace
}  // namespace coldboot
