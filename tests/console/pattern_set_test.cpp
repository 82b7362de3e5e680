#include "harness/console/pattern_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coldboot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Refusal {
  std::string regex;
  std::string what;
};

class RefusedPattern : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedPattern, IsAMistakeThatSaysWhereAndWhy) {
  const auto checked = check_pattern(GetParam().regex);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().cause(), Cause::mistake);
  EXPECT_THAT(checked.error().what(), HasSubstr(GetParam().what));
}

INSTANTIATE_TEST_SUITE_P(Table, RefusedPattern,
                         testing::Values(Refusal{"(", "offset 1: missing closing parenthesis"},
                                         Refusal{"a{3,1}", "offset 5"}, Refusal{"a*", "empty string"},
                                         Refusal{"^|x", "empty string"}, Refusal{"(?=x)", "empty string"},
                                         Refusal{"x\\Ay", "offset 1: \\A"}, Refusal{"foo\\Kbar", "offset 3: \\K"},
                                         Refusal{"\\Gx", "\\G"}, Refusal{"a(*SKIP)b", "(*VERB)"},
                                         Refusal{"(*UTF)a", "offset"}));

TEST(Pattern, MayHoldRefusedLettersWhereTheyAreLiteral) {
  for (const char* regex : {"\\\\A", "[(*]x", "\\Q\\A(*\\E", "[]\\]A(*]", "[[:alpha:](*]", "\\(\\*"}) {
    EXPECT_TRUE(check_pattern(regex)) << regex;
  }
}

TEST(Pattern, TellsItsCaptureNamesInOrderOfGroups) {
  EXPECT_THAT(capture_names("(?<z>a)(b)(?<a>c)"), ElementsAre("z", "a"));
  EXPECT_THAT(capture_names("abc"), ElementsAre());
  EXPECT_THAT(capture_names("("), ElementsAre());
}

TEST(PatternSet, NamesThePatternThatIsWrong) {
  const auto set = PatternSet::compile({{"marker bios", "BIOS"}, {"marker menu", "8) Shell"}});
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error().what(), HasSubstr("marker menu: in '8) Shell' at offset 1: unmatched closing parenthesis"));
}

TEST(PatternSet, LeavesToPcre2WhatThePrefilterCannotTake) {
  const auto set =
      PatternSet::compile({{"plain", "SeaBIOS"}, {"lookahead", "a(?!b)c"}, {"end", "login: $"}, {"back", "(a)\\1"}});
  ASSERT_TRUE(set);
  EXPECT_THAT((*set)->unfiltered(), ElementsAre(1, 3));
}

TEST(Prefilter, LeavesAwayWhatLooksAtTheNextByte) {
  EXPECT_EQ(Prefilter::form_of("login: $"), "login: ");
  EXPECT_EQ(Prefilter::form_of("\\bfoo\\b|^bar\\$[$]"), "foo|^bar\\$[$]");
  EXPECT_EQ(Prefilter::form_of("(?i)PC Engines apu\\d(?<bios>v[\\d.]+?)"), "(?i)PC Engines apu\\d(v[\\d.]+?)");
}

TEST(Prefilter, RefusesWhatItIsNotSureOf) {
  for (const char* regex : {"(?=a)b", "(?<!a)b", "(?-m)^a", "(?x) a # b", "\\Qa\\E", "(a)\\1", "a++", "a$?b", "a\\b*b",
                            "\\Ra", "\\x{41}", "(?>a)", "(?1)(a)", "a{,3}", "\\pL", "[[.a.]]"}) {
    EXPECT_EQ(Prefilter::form_of(regex), std::nullopt) << regex;
  }
}

}  // namespace
}  // namespace coldboot
