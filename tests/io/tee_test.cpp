#include "harness/io/tee.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/io/listener.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class TeeTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Tee::open({"127.0.0.1", 0}, "bench/com1/tee");
    ASSERT_TRUE(opened) << opened.error().text();
    tee = std::move(*opened);
  }
  /// Connects, and waits until what is said reaches the reader.
  Descriptor reader() {
    auto line = connect_tcp({"127.0.0.1", tee->port()}, "test", Until(std::chrono::steady_clock::now() + 30s));
    EXPECT_TRUE(line);
    pollfd waiting{line->get(), POLLIN, 0};
    while (::poll(&waiting, 1, 1) == 0) tee->add(".");
    tee->add("|");
    std::string dots;
    while (dots.empty() || dots.back() != '|') dots += hear(*line, 1);
    return std::move(*line);
  }
  std::unique_ptr<Tee> tee;
};

TEST_F(TeeTest, ShowsEverybodyWhatIsSaid) {
  const Descriptor one = reader();
  const Descriptor two = reader();
  tee->add("PC Engines apu2\r\n");
  EXPECT_EQ(hear(two, 17), "PC Engines apu2\r\n");
  std::string heard;
  while (!heard.ends_with("apu2\r\n")) {
    const std::string more = hear(one, 1);
    ASSERT_FALSE(more.empty());
    heard += more;
  }
}

TEST_F(TeeTest, TakesNothingFromThoseWhoWatch) {
  const Descriptor watcher = reader();
  say(watcher, "reboot\r");
  tee->add("login: ");
  EXPECT_EQ(hear(watcher, 7), "login: ");
}

TEST_F(TeeTest, LeavesBytesOutForOneWhoReadsTooSlowlyAndSaysHowMany) {
  const Descriptor slow = reader();
  const std::string piece(4096, 'x');
  std::size_t said = 0;
  for (; said < std::size_t{64} << 20U; said += piece.size()) tee->add(piece);
  std::string heard;
  while (heard.find("left out") == std::string::npos) {
    const std::string more = hear(slow, 4096);
    ASSERT_FALSE(more.empty());
    heard = heard.substr(heard.size() - std::min<std::size_t>(heard.size(), 200)) + more;
  }
  EXPECT_THAT(heard, HasSubstr(" bytes left out: read too slowly]\r\n"));
  const Descriptor quick = reader();
  tee->add("end");
  EXPECT_EQ(hear(quick, 3), "end");
}

TEST_F(TeeTest, ForgetsWhoHangsUp) {
  for (int i = 0; i < 40; ++i) {
    const Descriptor passing = reader();
    tee->add("x");
    EXPECT_EQ(hear(passing, 1), "x") << i;
  }
}

TEST_F(TeeTest, SaysWhenThePortIsTakenOrNotOurs) {
  EXPECT_EQ(Tee::open({"127.0.0.1", tee->port()}, "bench/com1/tee").error().cause(), Cause::busy);
  EXPECT_EQ(Tee::open({"192.0.2.1", 0}, "bench/com1/tee").error().cause(), Cause::mistake);
  EXPECT_EQ(Tee::open({"some-host", 0}, "bench/com1/tee").error().cause(), Cause::mistake);
}

TEST(Loopback, IsWhatOnlyThisHostReaches) {
  for (const char* host : {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) EXPECT_TRUE(is_loopback({host, 1})) << host;
  for (const char* host : {"0.0.0.0", "::", "192.168.1.1", "rack"}) EXPECT_FALSE(is_loopback({host, 1})) << host;
}

}  // namespace
}  // namespace coldboot
