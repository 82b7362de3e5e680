#include "harness/measure/limit.hpp"

#include <array>

#include <gtest/gtest.h>

namespace coldboot {
namespace {

struct ReadCase {
  const char* text;
  LimitExpression expected;
};

LimitOperand quantity(const char* configuration, const char* name) {
  return {.configuration = configuration, .quantity = name, .from = "", .to = ""};
}

LimitOperand range(const char* configuration, const std::string& from, const std::string& to) {
  return {.configuration = configuration, .quantity = from + ".." + to, .from = from, .to = to};
}

TEST(Limit, ReadsWhatAScenarioMayWrite) {
  using enum LimitFunction;
  using enum Comparator;
  const std::array cases{
      ReadCase{"median(xen.boot) <= 240 s", {median, quantity("xen", "boot"), {}, at_most, 240}},
      ReadCase{"xen.boot <= 240 s", {median, quantity("xen", "boot"), {}, at_most, 240}},
      ReadCase{"  min ( xen.boot )>=250ms ", {lowest, quantity("xen", "boot"), {}, at_least, 0.25}},
      ReadCase{"max(*.vm-create) < 2 min", {highest, quantity("*", "vm-create"), {}, below, 120}},
      ReadCase{"silence(*.loader) <= 10 s", {silence, quantity("*", "loader"), {}, at_most, 10}},
      ReadCase{"median(xen.power-on..ready) <= 240 s", {median, range("xen", "power-on", "ready"), {}, at_most, 240}},
      ReadCase{"xen.first-byte..menu > 1 s", {median, range("xen", "first-byte", "menu"), {}, above, 1}},
      ReadCase{"ratio(xen.vm / bare.article) <= 1.25",
               {ratio, quantity("xen", "vm"), quantity("bare", "article"), at_most, 1.25}},
      ReadCase{"ratio(xen.vm/bare.article) != 1",
               {ratio, quantity("xen", "vm"), quantity("bare", "article"), unequal, 1}},
      ReadCase{"difference(xen.vm-a - bare.b-c) <= -20 s",
               {difference, quantity("xen", "vm-a"), quantity("bare", "b-c"), at_most, -20}},
      ReadCase{"difference(a.b - c.d) == 0 s", {difference, quantity("a", "b"), quantity("c", "d"), equal, 0}},
      ReadCase{"median.boot <= 1 s", {median, quantity("median", "boot"), {}, at_most, 1}},
  };
  for (const ReadCase& one : cases) {
    const auto read = parse_limit(one.text);
    ASSERT_TRUE(read) << one.text << ": " << read.error().text();
    EXPECT_EQ(*read, one.expected) << one.text;
  }
}

struct WrongCase {
  const char* text;
  const char* says;
};

TEST(Limit, SaysWhereAndWhatIsWrong) {
  constexpr std::array cases{
      WrongCase{"", "character 1: found the end, expected a configuration"},
      WrongCase{"median(xen.boot) <= 240", "character 21: found \"240\", expected a time with its unit"},
      WrongCase{"median(xen.boot) 240 s", "character 18: found \"240 s\", expected a comparison"},
      WrongCase{"median(xen.boot <= 240 s", "character 17: found \"<= 240 s\", expected \")\""},
      WrongCase{"mean(xen.boot) <= 240 s",
                "character 1: found \"mean(xen.boot) <= 24…\", expected one of median, min, max"},
      WrongCase{"leaked(wan-to-lan) == 0", "character 1: found \"leaked(wan-to-lan) =…\", expected one of"},
      WrongCase{"boot <= 240 s", "character 5: found \" <= 240 s\", expected \".\" after the configuration \"boot\""},
      WrongCase{"xen. <= 240 s", "character 5: found \" <= 240 s\", expected a span, a measurement or a range"},
      WrongCase{"xen.a.. <= 240 s", "character 8: found \" <= 240 s\", expected the marker at which"},
      WrongCase{"ratio(xen.vm / bare.vm) <= 1.25 s", "character 33: found \"s\", expected nothing after the number"},
      WrongCase{"ratio(xen.vm) <= 1.25", "character 13: found \") <= 1.25\", expected \"/\""},
      WrongCase{"difference(xen.vm-bare.vm) <= 1 s", "character 23: found \".vm) <= 1 s\", expected \" - \""},
      WrongCase{"median(xen.boot) <= ten s", "character 21: found \"ten s\", expected a time"},
      WrongCase{"median(xen.boot) <= 10 parsecs", "character 21: found \"10 parsecs\", expected a time"},
      WrongCase{"ratio(a.b / c.d) <= much", "character 21: found \"much\", expected a number"},
      WrongCase{"xen.boot", "character 9: found the end, expected a comparison"},
  };
  for (const WrongCase& one : cases) {
    const auto read = parse_limit(one.text);
    ASSERT_FALSE(read) << one.text;
    EXPECT_EQ(read.error().cause(), Cause::mistake);
    EXPECT_NE(read.error().what().find(one.says), std::string::npos)
        << read.error().text() << "\n  lacks: " << one.says;
  }
}

TEST(Limit, TellsToPutSpacesAroundAMinus) {
  const auto read = parse_limit("difference(xen.vm-bare.vm) <= 1 s");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().hint().find("spaces around the minus sign"), std::string::npos);
}

TEST(Limit, AsksForEachRangeOnce) {
  const std::array limits{*parse_limit("xen.a..b <= 1 s"), *parse_limit("ratio(bare.a..b / xen.c..d) <= 1"),
                          *parse_limit("xen.boot <= 1 s")};
  const auto ranges = ranges_of(limits);
  ASSERT_EQ(ranges.size(), 2U);
  EXPECT_EQ(ranges[0].name, "a..b");
  EXPECT_EQ(ranges[1].from, "c");
  EXPECT_EQ(ranges[1].to, "d");
}

}  // namespace
}  // namespace coldboot
