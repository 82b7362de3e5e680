#include "harness/io/signals.hpp"

#include <condition_variable>
#include <mutex>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

namespace coldboot {
namespace {

using Seen = std::vector<std::pair<int, int>>;

/// What was seen, and a way to wait for it.
class SignalLog {
 public:
  void add(int signal, int times) {
    const std::lock_guard lock(mutex_);
    seen_.emplace_back(signal, times);
    changed_.notify_all();
  }
  Seen wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return seen_.size() >= count; });
    return seen_;
  }

 private:
  std::mutex mutex_;  // guards seen_
  std::condition_variable changed_;
  Seen seen_;
};

TEST(SignalWatch, ReportsEachSignalAndCountsThem) {
  SignalLog log;
  const auto watch = SignalWatch::start([&](int signal, int times) { log.add(signal, times); });
  ASSERT_TRUE(watch);
  ::kill(::getpid(), SIGTERM);
  EXPECT_EQ(log.wait_for(1), (Seen{{SIGTERM, 1}}));
  ::kill(::getpid(), SIGINT);
  EXPECT_EQ(log.wait_for(2), (Seen{{SIGTERM, 1}, {SIGINT, 2}}));
  ::kill(::getpid(), SIGHUP);
  EXPECT_EQ(log.wait_for(3), (Seen{{SIGTERM, 1}, {SIGINT, 2}, {SIGHUP, 3}}));
}

TEST(SignalWatch, KeepsAClosedPipeFromKilling) {
  const auto watch = SignalWatch::start([](int, int) {});
  ASSERT_TRUE(watch);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  EXPECT_EQ(::write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  ::close(ends[1]);
}

TEST(SignalWatch, GivesSignalsBackWhenItGoes) {
  struct sigaction pipe_before{};
  ::sigaction(SIGPIPE, nullptr, &pipe_before);
  ASSERT_TRUE(SignalWatch::start([](int, int) {}));
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  EXPECT_EQ(sigismember(&mask, SIGINT), 0);
  struct sigaction pipe{};
  ::sigaction(SIGPIPE, nullptr, &pipe);
  EXPECT_EQ(pipe.sa_handler, pipe_before.sa_handler);
}

TEST(SignalName, IsWhatPeopleKnow) {
  EXPECT_EQ(signal_name(SIGINT), "SIGINT");
  EXPECT_EQ(signal_name(SIGHUP), "SIGHUP");
  EXPECT_EQ(signal_name(4711), "signal 4711");
}

}  // namespace
}  // namespace coldboot
