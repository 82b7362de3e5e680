#include "harness/io/open_line.hpp"

#include <array>
#include <fcntl.h>
#include <thread>

#include <gtest/gtest.h>

#include "tests/io/listener.hpp"
#include "tests/soon.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

struct Pair {
  Pair() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    ours = Descriptor(ends[0]);
    theirs = Descriptor(ends[1]);
  }
  Descriptor ours;
  Descriptor theirs;
};

/// More than a socket takes unread.
const std::string much(std::size_t{8} << 20U, 'x');

TEST(OpenLine, SendsAllOfAWriteThatIsReadSlowly) {
  Pair pair;
  OpenLine line("bench/com1", std::move(pair.ours));
  std::string heard;
  std::jthread reader([&] { heard = hear(pair.theirs, much.size()); });
  EXPECT_TRUE(line.write(much, soon()));
  reader.join();
  EXPECT_EQ(heard.size(), much.size());
}

TEST(OpenLine, PutsAnAnswerBehindAWriteUnderWay) {
  Pair pair;
  OpenLine line("bench/com1", std::move(pair.ours));
  std::jthread writer([&] { EXPECT_TRUE(line.write(much, soon())); });
  EXPECT_EQ(hear(pair.theirs, 1), "x");
  line.answer("?");
  const std::string rest = hear(pair.theirs, much.size());
  EXPECT_EQ(rest, much.substr(1) + "?");
}

TEST(OpenLine, GivesUpAtItsDeadlineAndOnAStop) {
  Pair pair;
  OpenLine line("bench/com1", std::move(pair.ours));
  EXPECT_EQ(line.write(much, Until(std::chrono::steady_clock::now() + 10ms)).error().cause(), Cause::timeout);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(line.write(much, Until(Instant::max(), stop.get_token())).error().cause(), Cause::stopped);
}

TEST(OpenLine, SaysThatTheFarEndIsGone) {
  Pair pair;
  OpenLine line("bench/com1", std::move(pair.ours));
  pair.theirs.close();
  line.answer("nobody hears it");
  const auto written = line.write("x", soon());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().cause(), Cause::lost);
}

TEST(OpenLine, EndsAWriteWhoseLineIsReplaced) {
  Pair before;
  Pair after;
  OpenLine line("bench/com1", std::move(before.ours));
  std::jthread writer([&] { EXPECT_EQ(line.write(much, soon()).error().cause(), Cause::lost); });
  EXPECT_EQ(hear(before.theirs, 1), "x");
  line.replace(std::move(after.ours));
  (void)hear(before.theirs, much.size());  // makes room, so that the writer goes on
  writer.join();
  EXPECT_TRUE(line.write("new", soon()));
  EXPECT_EQ(hear(after.theirs, 3), "new") << "and nothing of what was meant for the line before";
}

}  // namespace
}  // namespace coldboot
