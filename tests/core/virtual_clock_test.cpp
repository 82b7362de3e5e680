#include "harness/core/virtual_clock.hpp"

#include <gtest/gtest.h>

namespace coldboot {
namespace {

using namespace std::chrono_literals;

/// Acts at the times it was given and remembers when it really did.
class Ticker final : public TimedSource {
 public:
  explicit Ticker(std::vector<Instant> times) : times_(std::move(times)) {}
  std::optional<Instant> next() override {
    if (acted.size() == times_.size()) return std::nullopt;
    return times_[acted.size()];
  }
  void act(Instant now) override { acted.push_back(now); }

  std::vector<Instant> acted;

 private:
  std::vector<Instant> times_;
};

class VirtualClockTest : public ::testing::Test {
 protected:
  bool wait(Instant deadline, const std::function<bool()>& ready) {
    std::unique_lock lock(mutex_);
    return clock.wait_until(lock, changed_, deadline, ready);
  }

  VirtualClock clock;
  const Instant start = clock.now();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

TEST_F(VirtualClockTest, StandsStillUntilSomebodyWaits) {
  EXPECT_EQ(clock.now(), start);
  EXPECT_FALSE(wait(start + 3h, [] { return false; }));
  EXPECT_EQ(clock.now(), start + 3h);
}

TEST_F(VirtualClockTest, LetsSourcesActInOrderOfTime) {
  Ticker a({start + 1s, start + 3s});
  Ticker b({start + 2s});
  clock.add(a);
  clock.add(b);
  EXPECT_TRUE(wait(start + 10s, [&] { return a.acted.size() == 2; }));
  EXPECT_EQ(clock.now(), start + 3s);
  EXPECT_EQ(b.acted, std::vector<Instant>{start + 2s});
}

TEST_F(VirtualClockTest, DoesNotActBeyondTheDeadline) {
  Ticker late({start + 5s});
  clock.add(late);
  EXPECT_FALSE(wait(start + 4s, [] { return false; }));
  EXPECT_TRUE(late.acted.empty());
  clock.remove(late);
  EXPECT_FALSE(wait(start + 6s, [] { return false; }));
  EXPECT_TRUE(late.acted.empty());
}

TEST_F(VirtualClockTest, SettlesAfterEachAction) {
  Ticker source({start + 1s, start + 2s});
  clock.add(source);
  std::vector<std::size_t> seen;
  clock.on_settle([&] { seen.push_back(source.acted.size()); });
  EXPECT_TRUE(wait(start + 10s, [&] { return source.acted.size() == 2; }));
  EXPECT_EQ(seen, (std::vector<std::size_t>{1, 2}));
}

}  // namespace
}  // namespace coldboot
