#include <fcntl.h>
#include <sys/file.h>

#include <gtest/gtest.h>

#include "drivers/pty/pty_driver.hpp"
#include "tests/drivers/console_rig.hpp"
#include "tests/drivers/pty/terminal_link.hpp"
#include "tests/io/listener.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

class PtyConsole : public testing::Test {
 protected:
  [[nodiscard]] Result<std::unique_ptr<ByteStream>> open() { return rig.open(&open_pty, {{"path", path.string()}}); }

  TemporaryFolder folder;
  std::filesystem::path path = folder.path() / "com1";
  std::unique_ptr<ByteStream> console;
  ConsoleRig rig;
};

TEST_F(PtyConsole, PassesEveryByteBothWays) {
  const TerminalLink terminal(path);
  auto opened = open();
  ASSERT_TRUE(opened) << opened.error().text();
  console = std::move(*opened);
  rig.record(*console);
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  terminal.say(all);
  EXPECT_EQ(rig.recorded(all), all);
  ASSERT_TRUE(console->write(all, soon()));
  EXPECT_EQ(hear(terminal.dut(), all.size()), all);
  rig.stop_recording();
}

TEST_F(PtyConsole, GoesOnWhenTheTerminalIsMadeAgain) {
  TerminalLink terminal(path);
  auto opened = open();
  ASSERT_TRUE(opened) << opened.error().text();
  console = std::move(*opened);
  rig.record(*console);
  terminal.say("before ");
  EXPECT_EQ(rig.recorded("before "), "before ");
  terminal.unplug();
  ASSERT_TRUE(rig.wait_for<ConsoleLost>());
  EXPECT_EQ(console->reopen(soon()).error().cause(), Cause::missing);
  terminal.plug_in();
  ASSERT_TRUE(console->reopen(soon()));
  ASSERT_TRUE(rig.capture().resume("com1"));
  terminal.say("after");
  EXPECT_EQ(rig.recorded("after"), "before after");
  rig.stop_recording();
}

TEST_F(PtyConsole, IsRefusedWhereAnotherProgramHasItOrItIsNone) {
  EXPECT_EQ(open().error().cause(), Cause::missing);
  put_text(path, "");
  EXPECT_EQ(open().error().cause(), Cause::mistake);
  std::filesystem::remove(path);
  const TerminalLink terminal(path);
  const Descriptor other(::open(path.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_EQ(::flock(other.get(), LOCK_EX), 0);
  EXPECT_EQ(open().error().cause(), Cause::busy);
}

}  // namespace
}  // namespace coldboot
