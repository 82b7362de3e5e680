#include "harness/io/talk.hpp"

#include <array>
#include <chrono>
#include <sys/socket.h>
#include <thread>

#include <gtest/gtest.h>

#include "harness/io/descriptor.hpp"
#include "tests/soon.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

class Talk : public testing::Test {
 protected:
  Talk() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    near = Descriptor(ends[0]);
    far = Descriptor(ends[1]);
  }
  static Until now() { return Until(std::chrono::steady_clock::now()); }

  Descriptor near;
  Descriptor far;
};

TEST_F(Talk, ReceivesWhatWasSent) {
  ASSERT_TRUE(send_bytes(far.get(), "CH1: ON \r\n", soon(), "board"));
  const auto received = receive_bytes(near.get(), now(), "board");
  ASSERT_TRUE(received) << "what is there is taken even at the deadline";
  EXPECT_EQ(*received, "CH1: ON \r\n");
}

TEST_F(Talk, WaitsForAnAnswer) {
  const std::jthread board([&] { (void)send_bytes(far.get(), "x", soon(), "board"); });
  EXPECT_EQ(receive_bytes(near.get(), soon(), "board").value(), "x");
}

TEST_F(Talk, EndsAtTheDeadline) {
  EXPECT_EQ(receive_bytes(near.get(), now(), "board").error().cause(), Cause::timeout);
  const std::string more_than_fits(1U << 22U, 'x');
  EXPECT_EQ(send_bytes(near.get(), more_than_fits, now(), "board").error().cause(), Cause::timeout);
}

TEST_F(Talk, SendsMoreThanFitsAtOnce) {
  const std::string much(1U << 22U, 'x');
  std::size_t taken = 0;
  std::jthread board([&] {
    while (taken < much.size()) taken += receive_bytes(far.get(), soon(), "board").value().size();
  });
  EXPECT_TRUE(send_bytes(near.get(), much, soon(), "board"));
  board.join();
  EXPECT_EQ(taken, much.size());
}

TEST_F(Talk, EndsWhenSomebodyAsksToStop) {
  std::stop_source stop;
  const std::jthread somebody([&] { stop.request_stop(); });
  const Until until(Instant::max(), stop.get_token());
  EXPECT_EQ(receive_bytes(near.get(), until, "board").error().cause(), Cause::stopped);
}

TEST_F(Talk, NoticesThatTheOtherSideIsGone) {
  far.close();
  const auto received = receive_bytes(near.get(), soon(), "board");
  EXPECT_EQ(received.error().cause(), Cause::lost);
  EXPECT_EQ(received.error().where(), "board");
}

}  // namespace
}  // namespace coldboot
