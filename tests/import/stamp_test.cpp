#include "harness/import/stamp.hpp"

#include <gtest/gtest.h>

namespace coldboot {
namespace {

using namespace std::chrono_literals;

struct StampCase {
  std::string name;
  std::string text;
  StampForm form;
  Nanos value;
  std::size_t length;
};

class ReadStamp : public testing::TestWithParam<StampCase> {};

TEST_P(ReadStamp, FindsFormTimeAndLength) {
  const auto stamp = read_stamp(GetParam().text);
  ASSERT_TRUE(stamp.has_value());
  EXPECT_EQ(name_of(stamp->form), name_of(GetParam().form));
  EXPECT_EQ(stamp->value, GetParam().value);
  EXPECT_EQ(stamp->length, GetParam().length);
}

constexpr Nanos day(int n) {
  return n * Nanos(24h);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, ReadStamp,
    testing::Values(
        StampCase{"bracketed_clock", "[10:20:30] U-Boot", StampForm::clock, 10h + 20min + 30s, 11},
        StampCase{"bracketed_clock_ms", "[10:20:30.123] x", StampForm::clock, 10h + 20min + 30s + 123ms, 15},
        StampCase{"bare_clock", "00:00:06 x", StampForm::clock, 6s, 9},
        StampCase{"bare_clock_comma", "00:00:06,5 x", StampForm::clock, 6500ms, 11},
        StampCase{"clock_alone", "[10:20:30]\r\n", StampForm::clock, 10h + 20min + 30s, 10},
        StampCase{"clock_ends_file", "10:20:30", StampForm::clock, 10h + 20min + 30s, 8},
        StampCase{"clock_and_tab", "10:20:30\tx", StampForm::clock, 10h + 20min + 30s, 9},
        StampCase{"leap_second", "23:59:60 x", StampForm::clock, 24h, 9},
        StampCase{"date_blank", "[1970-01-02 00:00:01] x", StampForm::date_time, day(1) + 1s, 22},
        StampCase{"date_iso_zulu", "1970-01-02T00:00:01.5Z x", StampForm::date_time, day(1) + 1500ms, 23},
        StampCase{"date_iso_zone", "1970-01-02T01:30:01+01:30 x", StampForm::date_time, day(1) + 1s, 26},
        StampCase{"date_iso_west", "1970-01-02T00:00:01-0500 x", StampForm::date_time, day(1) + 5h + 1s, 25},
        StampCase{"month_day", "Nov 22 10:20:30 x", StampForm::month_day, day(325) + 10h + 20min + 30s, 16},
        StampCase{"month_day_padded", "Jan  2 00:00:01 x", StampForm::month_day, day(1) + 1s, 16},
        StampCase{"month_day_micro", "Jan 01 00:00:00.000001 x", StampForm::month_day, 1us, 23},
        StampCase{"tera_term", "[Fri Jan 02 00:00:00.250 1970] x", StampForm::month_day, day(1) + 250ms, 31},
        StampCase{"seconds", "12.345678 x", StampForm::seconds, 12345678us, 10},
        StampCase{"epoch", "1574415229 x", StampForm::seconds, 1574415229s, 11},
        StampCase{"epoch_micro", "1574415229.000001 x", StampForm::seconds, 1574415229s + 1us, 18},
        StampCase{"epoch_bracketed", "[1574415229.123] x", StampForm::seconds, 1574415229s + 123ms, 17},
        StampCase{"grabserial_seconds", "[0.000002 0.000001] x", StampForm::grabserial, 2us, 20},
        StampCase{"grabserial_clock", "[09:07:47.330944 0.007000] x", StampForm::grabserial, 9h + 7min + 47s + 330944us,
                  27},
        StampCase{"printk", "[   12.345678] x", StampForm::printk, 12345678us, 15},
        StampCase{"printk_level", "<6>[    0.000000] x", StampForm::printk, 0s, 18},
        StampCase{"printk_caller", "[    0.500000][    T0] x", StampForm::printk, 500ms, 14},
        StampCase{"uptime", "[383490] x", StampForm::uptime, 383490s, 9}),
    [](const auto& test) { return test.param.name; });

class NoStamp : public testing::TestWithParam<std::string> {};

TEST_P(NoStamp, LeavesConsoleTextAlone) {
  EXPECT_FALSE(read_stamp(GetParam()).has_value()) << GetParam();
}

INSTANTIATE_TEST_SUITE_P(Texts, NoStamp,
                         testing::Values("", "[", "[]", "[ ", "PC Engines apu2", "[  OK  ] Started", "10:20:30x",
                                         "10:20:3 x", "10:61:30 x", "100:20:30 x", "10:20:30. x", "[10:20:30 x",
                                         "[10:20:30]x", "1970-13-01 00:00:00 x", "2019-02-30 00:00:00 x",
                                         "2019-11-22 x", "Nov 22 x", "Nov 0 10:20:30 x", "Foo 22 10:20:30 x",
                                         "00000001 FreeBSD", "12 x", "1.5 x", "99999999999999999999 x", "[1.23] x",
                                         "10.0.0.1 x", "<6>Loading /tools.t00", "<6>[10:20:30] x",
                                         "10:20:30.1234567890 x", "+10:20:30 x", "-1.000000 x"));

TEST(StampForm, IsNamedTheSameWayInAndOut) {
  for (const auto form : {StampForm::none, StampForm::clock, StampForm::date_time, StampForm::month_day,
                          StampForm::seconds, StampForm::grabserial, StampForm::printk, StampForm::uptime}) {
    EXPECT_EQ(parse_stamp_form(name_of(form)).value(), form);
  }
  const auto wrong = parse_stamp_form("tio");
  ASSERT_TRUE(wrong.has_error());
  EXPECT_EQ(wrong.error().cause(), Cause::mistake);
  EXPECT_NE(wrong.error().hint().find("grabserial"), std::string::npos);
}

TEST(ReadStampOfALeapYear, CountsThe29thOfFebruary) {
  EXPECT_TRUE(read_stamp("Feb 29 00:00:00 x")->leap_day);
  EXPECT_EQ(read_stamp("Mar  1 00:00:00 x", true)->value - read_stamp("Feb 29 00:00:00 x", true)->value, Nanos(24h));
  EXPECT_EQ(read_stamp("Mar  1 00:00:00 x")->value - read_stamp("Feb 28 00:00:00 x")->value, Nanos(24h));
}

}  // namespace
}  // namespace coldboot
