#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/tcp/greeting.hpp"
#include "drivers/tcp/tcp_driver.hpp"
#include "tests/drivers/console_rig.hpp"
#include "tests/io/listener.hpp"

namespace coldboot {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

struct GreetingCase {
  const char* name;
  std::string bytes;
  Greeting expected;
};

void PrintTo(const GreetingCase& greeting, std::ostream* out) {
  *out << greeting.name;
}

class GreetingOf : public testing::TestWithParam<GreetingCase> {};

TEST_P(GreetingOf, IsTold) {
  EXPECT_EQ(greeting_in(GetParam().bytes), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Connections, GreetingOf,
    testing::Values(GreetingCase{"nothing", "", Greeting::undecided}, GreetingCase{"text", "PC", Greeting::console},
                    GreetingCase{"ser2net_telnet", "\xff\xfb\x03\xff\xfd\x03", Greeting::telnet},
                    GreetingCase{"half_a_command", "\xff\xfd", Greeting::undecided},
                    GreetingCase{"noise_at_power_on", "\xff\xff\xff", Greeting::console},
                    GreetingCase{"noise_that_begins_like_a_command", "\xff\xfd\xff", Greeting::console},
                    GreetingCase{"in_use", "Port already in use\r\n", Greeting::taken},
                    GreetingCase{"almost_in_use", "Port 80", Greeting::console},
                    GreetingCase{"perhaps_in_use", "Port al", Greeting::undecided}),
    [](const auto& param) { return param.param.name; });

class TcpConsoleTest : public testing::Test {
 protected:
  [[nodiscard]] Result<std::unique_ptr<ByteStream>> open() {
    return rig.open(&open_tcp_console, {{"address", "127.0.0.1:" + std::to_string(server.port())}});
  }
  void SetUp() override {
    auto opened = open();
    ASSERT_TRUE(opened) << opened.error().text();
    console = std::move(*opened);
    dut = server.accept();
  }

  Listener server;
  Descriptor dut;
  std::unique_ptr<ByteStream> console;
  ConsoleRig rig;  // its loop ends before the console does
};

TEST_F(TcpConsoleTest, HandsOnEveryByteAsItIs) {
  rig.record(*console);
  std::string all;
  for (int byte = 255; byte >= 0; --byte) all += static_cast<char>(byte);
  say(dut, all);
  EXPECT_EQ(rig.recorded(all), all);
  ASSERT_TRUE(console->write(all, soon()));
  EXPECT_EQ(hear(dut, all.size()), all);
  EXPECT_TRUE(rig.all<FaultSeen>().empty());
}

TEST_F(TcpConsoleTest, IsLostWhenTheServerGoesAndGoesOnWhenItIsBack) {
  rig.record(*console);
  say(dut, "before ");
  EXPECT_EQ(rig.recorded("before "), "before ");
  dut.close();
  ASSERT_TRUE(rig.wait_for<ConsoleLost>());
  EXPECT_EQ(console->write("x", soon()).has_value(), true) << "the system takes it, nobody hears it";
  ASSERT_TRUE(console->reopen(soon()));
  dut = server.accept();
  ASSERT_TRUE(rig.capture().resume("com1"));
  say(dut, "after");
  EXPECT_EQ(rig.recorded("after"), "before after");
  ASSERT_TRUE(console->write("y", soon()));
  EXPECT_EQ(hear(dut, 1), "y");
}

TEST_F(TcpConsoleTest, IsNotBackWhileNobodyListens) {
  server.close();
  EXPECT_EQ(console->reopen(soon()).error().cause(), Cause::refused);
  EXPECT_EQ(console->write("x", soon()).error().cause(), Cause::lost);
}

TEST_F(TcpConsoleTest, SaysThatThePortIsATelnetOne) {
  rig.record(*console);
  say(dut, "\xff\xfb");
  say(dut, "\x03\xff\xfd\x03"s);
  const auto seen = rig.wait_for<FaultSeen>();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->fault.cause(), Cause::mistake);
  EXPECT_THAT(seen->fault.text(), HasSubstr("telnet"));
}

TEST(TcpConsole, SaysThatSomebodyElseHasThePort) {
  const Listener server;
  ConsoleRig rig;
  std::jthread taken([&] { say(server.accept(), "Port already in use\r\n"); });
  const auto opened = rig.open(&open_tcp_console, {{"address", "127.0.0.1:" + std::to_string(server.port())}});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().cause(), Cause::busy);
  EXPECT_EQ(opened.error().where(), "bench/com1");
}

}  // namespace
}  // namespace coldboot
