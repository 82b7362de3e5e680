#include "drivers/replay/replay_board.hpp"

#include <array>
#include <poll.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

/// Reads until `wanted` bytes came; the board prints them by itself, so ten seconds mean it never will.
std::string read_bytes(int descriptor, std::size_t wanted) {
  std::string all;
  while (all.size() < wanted) {
    pollfd waiting{descriptor, POLLIN, 0};
    if (::poll(&waiting, 1, 10'000) <= 0) break;
    std::array<char, 256> buffer{};
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got <= 0) break;
    all.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return all;
}

constexpr const char* two_lines_script =
    "coldboot: recording/1\n"
    "title: two lines\n"
    "script:\n"
    "  - {at: 0 s, text: \"one\\r\\n\"}\n"
    "  - {at: 20 ms, text: \"two\\r\\n\"}\n";

TEST(ReplayBoard, PlaysThroughAPseudoTerminalAtRealPace) {
  SteadyClock clock;
  const auto board = ReplayBoard::create(clock, nullptr, "bench/replay");
  const auto power = board->power_switch();
  const auto console = board->console("com1");
  ASSERT_TRUE(console) << console.error().text();
  EXPECT_EQ(::isatty((*console)->descriptor()), 1);
  const TemporaryFolder folder;
  ASSERT_TRUE(board->medium()->put(folder.write("pace.yaml", two_lines_script), Until()));
  const auto on = power->set(Power::on, Until());
  ASSERT_TRUE(on);
  EXPECT_EQ(on->read_back, Power::on);
  EXPECT_EQ(read_bytes((*console)->descriptor(), 10), "one\r\ntwo\r\n");
  EXPECT_GE(clock.now() - on->returned, 20ms);
}

TEST(ReplayBoard, PlaysInVirtualTime) {
  VirtualClock clock;
  const auto board = ReplayBoard::create(clock, &clock, "bench/replay");
  const auto console = board->console("com1");
  ASSERT_TRUE(console);
  const TemporaryFolder folder;
  ASSERT_TRUE(board->medium()->put(folder.write("virtual.yaml", two_lines_script), Until()));
  const Instant start = clock.now();
  ASSERT_TRUE(board->power_switch()->set(Power::on, Until()));
  std::mutex mutex;
  std::condition_variable changed;
  std::unique_lock lock(mutex);
  EXPECT_FALSE(clock.wait_until(lock, changed, start + 1h, [] { return false; }));
  EXPECT_EQ(clock.now(), start + 1h);
  EXPECT_EQ(read_bytes((*console)->descriptor(), 10), "one\r\ntwo\r\n");
}

TEST(ReplayBoard, OpensAConsoleOnceAndAgainAfterItWasClosed) {
  VirtualClock clock;
  const auto board = ReplayBoard::create(clock, &clock, "bench/replay");
  {
    const auto console = board->console("com1");
    ASSERT_TRUE(console);
    EXPECT_EQ(board->console("com1").error().cause(), Cause::refused);
  }
  EXPECT_TRUE(board->console("com1"));
}

TEST(ReplayBoard, SaysWhatIsWrongWithARecording) {
  VirtualClock clock;
  const auto board = ReplayBoard::create(clock, &clock, "bench/replay");
  const auto missing = board->medium()->put("/nowhere/boot.yaml", Until());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().cause(), Cause::missing);
}

}  // namespace
}  // namespace coldboot
