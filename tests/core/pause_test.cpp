#include "harness/core/pause.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "harness/core/virtual_clock.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

TEST(Pause, IsAsLongAsItWasAskedToBe) {
  VirtualClock clock(Instant(0s));
  EXPECT_TRUE(let_pass(clock, 30s, Until(Instant(1min)), "here"));
  EXPECT_EQ(clock.now(), Instant(30s));
  EXPECT_TRUE(let_pass(clock, 30s, Until(), "here"));
  EXPECT_EQ(clock.now(), Instant(1min));
}

TEST(Pause, EndsAtTheDeadline) {
  VirtualClock clock(Instant(0s));
  const auto waited = let_pass(clock, 2min, Until(Instant(1min)), "here");
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().cause(), Cause::timeout);
  EXPECT_EQ(waited.error().where(), "here");
  EXPECT_EQ(clock.now(), Instant(1min));
}

TEST(Pause, DoesNotBeginAfterTheDeadline) {
  VirtualClock clock(Instant(5s));
  EXPECT_EQ(let_pass(clock, 0s, Until(Instant(1s)), "here").error().cause(), Cause::timeout);
  EXPECT_EQ(clock.now(), Instant(5s));
}

TEST(Pause, EndsWhenSomebodyAsksToStop) {
  SteadyClock clock;
  std::stop_source stop;
  const std::jthread somebody([&] { stop.request_stop(); });
  const auto waited = let_pass(clock, 1h, Until(Instant::max(), stop.get_token()), "here");
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().cause(), Cause::stopped);
}

}  // namespace
}  // namespace coldboot
