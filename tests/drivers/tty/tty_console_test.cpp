#include <sys/ioctl.h>
#include <termios.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/tty/tty_driver.hpp"
#include "tests/drivers/console_rig.hpp"
#include "tests/io/listener.hpp"
#include "tests/lab/lab.hpp"

namespace coldboot {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class TtyConsoleTest : public testing::Test {
 protected:
  [[nodiscard]] Result<std::unique_ptr<ByteStream>> try_open(std::map<std::string, std::string> more = {}) {
    more.emplace("id", "usb:0403:6001:A50285BI");
    return rig.open(&open_tty, std::move(more), LineRate{57600, 'n', 8, 1});
  }
  void open(std::map<std::string, std::string> more = {}) {
    auto opened = try_open(std::move(more));
    ASSERT_TRUE(opened) << opened.error().text();
    console = std::move(*opened);
  }
  void say(std::string_view bytes) const {
    ASSERT_EQ(::write(dut, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void TearDown() override {
    rig.stop_recording();
    console.reset();
  }

  Lab lab;
  Lab::SerialAdapter adapter{.serial = "A50285BI", .port = "1-1"};
  int dut = lab.plug(adapter);
  std::unique_ptr<ByteStream> console;
  ConsoleRig rig;
};

TEST_F(TtyConsoleTest, PassesEveryByteBothWays) {
  open({{"dtr-rts", "low"}});
  EXPECT_EQ(lab.outputs(adapter) & (TIOCM_DTR | TIOCM_RTS), 0);
  rig.record(*console);
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  say(all);
  EXPECT_EQ(rig.recorded(all), all);
  ASSERT_TRUE(console->write(all, soon()));
  std::string heard(all.size(), '\0');
  for (std::size_t got = 0; got < heard.size();) {
    const ssize_t count = ::read(dut, heard.data() + got, heard.size() - got);
    ASSERT_GT(count, 0);
    got += static_cast<std::size_t>(count);
  }
  EXPECT_EQ(heard, all);
}

TEST_F(TtyConsoleTest, HasTheFlowControlTheBenchSays) {
  open({{"flow", "xon-xoff"}});
  termios settings{};
  ASSERT_EQ(::tcgetattr(console->descriptor(), &settings), 0);
  EXPECT_EQ(settings.c_iflag & (IXON | IXOFF), static_cast<tcflag_t>(IXON | IXOFF));
  EXPECT_EQ(::cfgetospeed(&settings), speed_t{B57600});
}

TEST_F(TtyConsoleTest, ShortensTheLatencyTimerAndPutsItBack) {
  open();
  EXPECT_EQ(lab.latency_timer(adapter), 1);
  EXPECT_EQ(console->latency(), std::chrono::milliseconds(1));
  EXPECT_THAT(console->description(), HasSubstr("A50285BI"));
  EXPECT_THAT(console->description(), HasSubstr("latency timer 1 ms (was 16 ms)"));
  console.reset();
  EXPECT_EQ(lab.latency_timer(adapter), 16);
}

TEST_F(TtyConsoleTest, KnowsNoLatencyOfAnAdapterThatDoesNotTell) {
  lab.unplug(adapter);
  adapter.vendor = "1a86";
  adapter.product = "7523";
  adapter.tty = Lab::own_tty(7);
  dut = lab.plug(adapter);
  open({{"id", "usb:1-1"}});
  EXPECT_FALSE(console->latency());
}

TEST_F(TtyConsoleTest, TellsWhichBytesItsPortLost) {
  lab.set_errors(adapter, {.overruns = 5});  // before: none of ours
  open();
  rig.record(*console);
  say("PC Engines apu2");
  EXPECT_EQ(rig.recorded("apu2"), "PC Engines apu2");
  lab.set_errors(adapter, {.overruns = 7, .buffer_overruns = 1, .framing = 2, .parity = 3});
  say("\r\n");
  EXPECT_EQ(rig.recorded("\r\n"), "PC Engines apu2\r\n");
  EXPECT_THAT(rig.all<ConsoleErrors>(), IsEmpty()) << "more may follow at once";
  rig.capture().end_boot(1);
  const auto errors = rig.all<ConsoleErrors>();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0], (ConsoleErrors{"com1", 2, 1, 2, 3}));
}

TEST_F(TtyConsoleTest, IsFoundAgainByItsIdWhenItWasUnplugged) {
  open();
  rig.record(*console);
  say("before ");
  EXPECT_EQ(rig.recorded("before "), "before ");
  lab.unplug(adapter);
  ASSERT_TRUE(rig.wait_for<ConsoleLost>());
  EXPECT_EQ(console->reopen(soon()).error().cause(), Cause::missing);
  EXPECT_EQ(console->write("x", soon()).error().cause(), Cause::lost);
  adapter.tty = Lab::own_tty(7);
  dut = lab.plug(adapter);
  ASSERT_TRUE(console->reopen(soon()));
  ASSERT_TRUE(rig.capture().resume("com1"));
  EXPECT_EQ(lab.latency_timer(adapter), 1);
  say("after");
  EXPECT_EQ(rig.recorded("after"), "before after");
}

TEST_F(TtyConsoleTest, IsNobodyElses) {
  open();
  EXPECT_EQ(try_open().error().cause(), Cause::busy);
}

}  // namespace
}  // namespace coldboot
