#include "drivers/telnet/telnet_console.hpp"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/telnet/telnet_driver.hpp"
#include "tests/drivers/console_rig.hpp"
#include "tests/drivers/ser2net.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::HasSubstr;

std::string all_bytes() {
  std::string all;
  for (int byte = 255; byte >= 0; --byte) all += static_cast<char>(byte);
  return all + "\r\0\r\n end"s;
}

class Ser2netConsole : public testing::Test {
 protected:
  void SetUp() override {
    if (!Ser2net::is_installed()) GTEST_SKIP() << "ser2net is not installed";
  }
  void TearDown() override { rig.stop_recording(); }
  [[nodiscard]] Result<std::unique_ptr<ByteStream>> try_open(const Ser2net& server, const char* rfc2217,
                                                             std::optional<LineRate> line) {
    return rig.open(&open_telnet_console, {{"address", server.address()}, {"rfc2217", rfc2217}}, line);
  }
  void open(const Ser2net& server, const char* rfc2217, std::optional<LineRate> line = std::nullopt) {
    auto opened = try_open(server, rfc2217, line);
    ASSERT_TRUE(opened) << opened.error().text();
    console = std::move(*opened);
  }
  void expect_every_byte_passes(const Ser2net& server) {
    rig.record(*console);
    server.wire().say(all_bytes());
    EXPECT_EQ(rig.recorded("end"), all_bytes());
    ASSERT_TRUE(console->write(all_bytes(), soon()));
    EXPECT_EQ(hear(server.wire().dut(), all_bytes().size()), all_bytes());
  }
  [[nodiscard]] bool noted(std::string_view text) {
    const auto notes = rig.all<Note>();
    return std::ranges::any_of(notes, [&](const Note& note) { return note.text.find(text) != std::string::npos; });
  }

  std::unique_ptr<ByteStream> console;
  ConsoleRig rig;
};

TEST_F(Ser2netConsole, HasItsLineSetAndPassesEveryByte) {
  const Ser2net server("telnet(rfc2217),tcp");
  open(server, "require", LineRate{57600, 'n', 8, 1});
  EXPECT_EQ(server.speed(), speed_t{B57600});
  EXPECT_TRUE(noted("the server is ser2net"));
  EXPECT_TRUE(noted("chardelay"));
  EXPECT_THAT(console->description(), HasSubstr("RFC 2217, ser2net"));
  expect_every_byte_passes(server);
}

TEST_F(Ser2netConsole, KeepsItsLineWhereItRefusesRfc2217) {
  const Ser2net server("telnet,tcp");
  open(server, "use", LineRate{9600, 'n', 8, 1});
  EXPECT_TRUE(noted("the server said DONT COM-PORT"));
  EXPECT_TRUE(noted("the rate of the line is the server's own"));
  expect_every_byte_passes(server);
  // It would obey, without a word. All we sent has passed it, for the bytes behind it have arrived.
  EXPECT_EQ(server.speed(), speed_t{B115200});
  EXPECT_THAT(console->description(), HasSubstr("RFC 2217 refused"));
}

TEST_F(Ser2netConsole, IsAFaultWhereRfc2217IsRequiredAndRefused) {
  const Ser2net server("telnet,tcp");
  const auto opened = try_open(server, "require", std::nullopt);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().cause(), Cause::refused);
  EXPECT_THAT(opened.error().text(), HasSubstr("bench/com1"));
}

TEST_F(Ser2netConsole, LeavesThePortAloneWhenToldTo) {
  const Ser2net server("telnet(rfc2217),tcp");
  open(server, "never", LineRate{9600, 'n', 8, 1});
  expect_every_byte_passes(server);
  EXPECT_EQ(server.speed(), speed_t{B115200});
}

TEST_F(Ser2netConsole, IsBusyForASecondClient) {
  const Ser2net server("telnet(rfc2217),tcp", "    max-connections: 1\n    kickolduser: false\n");
  open(server, "use");
  const auto second = try_open(server, "use", std::nullopt);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().cause(), Cause::busy);
  EXPECT_THAT(second.error().text(), HasSubstr("Port already in use"));
}

TEST_F(Ser2netConsole, IsLostToAClientThatTakesIt) {
  const Ser2net server("telnet(rfc2217),tcp", "    max-connections: 1\n    kickolduser: true\n");
  open(server, "use");
  rig.record(*console);
  ConsoleRig other;
  const auto thief = other.open(&open_telnet_console, {{"address", server.address()}});
  ASSERT_TRUE(thief) << thief.error().text();
  EXPECT_TRUE(rig.wait_for<ConsoleLost>());
}

TEST_F(Ser2netConsole, IsSetUpAgainAndRecordedOnAfterARestart) {
  Ser2net server("telnet(rfc2217),tcp");
  open(server, "require", LineRate{57600, 'n', 8, 1});
  rig.record(*console);
  server.wire().say("before ");
  EXPECT_EQ(rig.recorded("before "), "before ");
  server.stop();
  ASSERT_TRUE(rig.wait_for<ConsoleLost>());
  EXPECT_EQ(console->reopen(soon()).error().cause(), Cause::refused);
  server.start();
  const std::uint64_t before = rig.log().last();
  ASSERT_TRUE(console->reopen(soon()));
  ASSERT_TRUE(rig.capture().resume("com1"));
  const auto again = [](const Note& note) { return note.text.find("the server is ser2net") != std::string::npos; };
  ASSERT_TRUE(rig.wait_for<Note>(again, before)) << "and with it the answers to all settings";
  server.wire().say("\xff after");
  EXPECT_EQ(rig.recorded(" after"), "before \xff after");
  EXPECT_EQ(server.speed(), speed_t{B57600});
}

/// A telnet server of the tests, which says what it is told to, whatever it hears.
class OddServer : public testing::Test {
 protected:
  Result<std::unique_ptr<ByteStream>> open(const std::string& says, TelnetConsoleConfig config = {}) {
    std::jthread speaking([&] {
      line = server.accept();
      say(line, says);
    });
    config.address = {"127.0.0.1", server.port()};
    config.where = "bench/com1";
    config.answer_limit = limit;
    return TelnetConsole::open(std::move(config), rig.tell(), soon());
  }
  Nanos limit = 1s;  // long enough for what is said to arrive, whatever else this machine does
  Listener server;
  Descriptor line;
  ConsoleRig rig;
};

TEST_F(OddServer, ThatNeverAnswersIsUsedAsItIs) {
  limit = 10ms;
  const auto console = open("login: ");
  ASSERT_TRUE(console) << console.error().text();
  const auto notes = rig.all<Note>();
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_THAT(notes[0].text, HasSubstr("raw port"));
}

TEST_F(OddServer, ThatSetsAnotherRateIsAFault) {
  limit = 30s;
  TelnetConsoleConfig config;
  config.settings.line = LineRate{};
  const auto console = open("\xff\xfd\x2c" + telnet_subnegotiation(44, "\x65\0\0\x25\x80"s), config);
  ASSERT_FALSE(console);
  EXPECT_EQ(console.error().cause(), Cause::protocol);
  EXPECT_THAT(console.error().text(), HasSubstr("the port has 9600"));
}

TEST_F(OddServer, ThatAnswersNoSettingIsAFaultButForModemLines) {
  TelnetConsoleConfig config;
  config.settings.dtr = false;
  const auto console = open("\xff\xfd\x2c", config);
  ASSERT_TRUE(console) << console.error().text();
  EXPECT_THAT(rig.all<Note>().back().text, HasSubstr("no answer to DTR low"));
  config.settings.line = LineRate{};
  const auto strict = open("\xff\xfd\x2c", config);
  ASSERT_FALSE(strict);
  EXPECT_EQ(strict.error().cause(), Cause::protocol);
  EXPECT_THAT(strict.error().text(), HasSubstr("no answer to 115200 baud"));
}

}  // namespace
}  // namespace coldboot
