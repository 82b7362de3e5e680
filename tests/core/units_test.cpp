#include "harness/core/units.hpp"

#include <gtest/gtest.h>

namespace coldboot {
namespace {

using namespace std::chrono_literals;

struct DurationCase {
  const char* text;
  Nanos expected;
};

TEST(Units, ReadDurationsWithTheirUnit) {
  for (const auto& [text, expected] :
       {DurationCase{"10 s", 10s}, DurationCase{"250ms", 250ms}, DurationCase{"1.5 h", 90min},
        DurationCase{"2 min", 2min}, DurationCase{"86.8 us", 86800ns}, DurationCase{"0 s", 0s}}) {
    const auto read = parse_duration(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(*read, expected) << text;
  }
}

TEST(Units, RefuseDurationsWithoutOrWithAWrongUnit) {
  for (const char* text : {"10", "s", "", "-1 s", "10 minutes", "1e3 s", "nan s", "999999999999 h"}) {
    const auto read = parse_duration(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().cause(), Cause::mistake);
    EXPECT_NE(read.error().what().find("expected"), std::string::npos) << read.error().what();
  }
}

TEST(Units, WriteWhatTheyRead) {
  for (const char* text : {"10 s", "250 ms", "2 min", "1 h", "86800 ns", "90 min"}) {
    EXPECT_EQ(duration_text(*parse_duration(text)), std::string(text) == "86800 ns" ? "86800 ns" : text);
  }
  EXPECT_EQ(size_text(*parse_size("8 MiB")), "8 MiB");
  EXPECT_EQ(*parse_size("8 MiB"), 8388608U);
}

TEST(Units, KnowHowLongACharacterTakes) {
  EXPECT_EQ(parse_line_rate("115200n8")->character_time(), 86805ns);
  EXPECT_EQ(parse_line_rate("9600e7")->character_time(), 1041666ns);
  EXPECT_EQ(parse_line_rate("115200n8")->text(), "115200n8");
  EXPECT_FALSE(parse_line_rate("115200"));
  EXPECT_FALSE(parse_line_rate("115200x8"));
  EXPECT_FALSE(parse_line_rate("1n8"));
}

TEST(Units, ShowSecondsTheSameInEveryLocale) {
  EXPECT_EQ(seconds_text(82s), "82.000 s");
  EXPECT_EQ(seconds_text(-1500us, 4), "-0.0015 s");
}

}  // namespace
}  // namespace coldboot
