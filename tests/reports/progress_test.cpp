#include "reports/terminal/progress.hpp"

#include <sstream>

#include <gtest/gtest.h>

namespace coldboot {
namespace {

using std::chrono::milliseconds;

Progress at_stage(const std::string& stage, int seconds, const std::string& last_line = "") {
  return {.configuration = "xen",
          .boot = 3,
          .boots = 20,
          .stage = stage,
          .elapsed = std::chrono::seconds(seconds),
          .last_line = last_line};
}

TEST(ProgressLine, IsRewrittenOnATerminalTenTimesASecondAtMost) {
  std::ostringstream out;
  ProgressLine line(out, true, {});
  line.show(at_stage("loader", 1, "first"), Instant(milliseconds(0)));
  line.show(at_stage("loader", 1, "left out"), Instant(milliseconds(99)));
  line.show(at_stage("loader", 1, "second"), Instant(milliseconds(100)));
  EXPECT_EQ(out.str(),
            "\r\x1b[Kxen 3/20  1.0 s  loader  first"
            "\r\x1b[Kxen 3/20  1.0 s  loader  second");
}

TEST(ProgressLine, ShowsANewStageAtOnce) {
  std::ostringstream out;
  ProgressLine line(out, true, {});
  line.show(at_stage("loader", 1), Instant(milliseconds(0)));
  line.show(at_stage("kernel", 1), Instant(milliseconds(1)));
  EXPECT_NE(out.str().find("kernel"), std::string::npos);
}

TEST(ProgressLine, IsGoneAtTheEnd) {
  std::ostringstream out;
  {
    ProgressLine line(out, true, {});
    line.show(at_stage("loader", 1), Instant(milliseconds(0)));
  }
  EXPECT_EQ(out.str(), "\r\x1b[Kxen 3/20  1.0 s  loader\r\x1b[K");
}

TEST(ProgressLine, ComesBackAfterOtherOutput) {
  std::ostringstream out;
  ProgressLine line(out, true, {});
  line.show(at_stage("loader", 1), Instant(milliseconds(0)));
  line.clear();
  line.clear();
  line.show(at_stage("loader", 1), Instant(milliseconds(1)));
  EXPECT_EQ(out.str(), "\r\x1b[Kxen 3/20  1.0 s  loader\r\x1b[K\r\x1b[Kxen 3/20  1.0 s  loader");
}

TEST(ProgressLine, FitsTheTerminalAndShowsControlBytesAsText) {
  std::ostringstream out;
  ProgressLine line(out, true, {.width = 40});
  line.show(at_stage("loader", 1, "\x07\x1b[2J a long line of the console that goes on"), Instant(milliseconds(0)));
  EXPECT_EQ(out.str(), "\r\x1b[Kxen 3/20  1.0 s  loader  \\x07 a long l…");
}

TEST(ProgressLine, IsOnePlainLinePerStageElsewhere) {
  std::ostringstream out;
  {
    ProgressLine line(out, false, {});
    line.show(at_stage("firmware", 0), Instant(milliseconds(0)));
    line.show(at_stage("loader", 6, "\x1b[2J"), Instant(milliseconds(6000)));
    line.show(at_stage("loader", 7), Instant(milliseconds(7000)));
    line.show(at_stage("ker\x07nel", 32), Instant(milliseconds(32000)));
  }
  EXPECT_EQ(out.str(), "xen 3/20  0.0 s  firmware\nxen 3/20  6.0 s  loader\nxen 3/20  32.0 s  ker\\x07nel\n");
}

}  // namespace
}  // namespace coldboot
