#include "harness/core/text.hpp"

#include <gtest/gtest.h>

namespace coldboot {
namespace {

TEST(Printable, KeepsTextAndMakesTheRestVisible) {
  EXPECT_EQ(printable("a\tb\nc"), "a\tb\nc");
  EXPECT_EQ(printable("\x1b[0m"), "\\x1b[0m");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\r\x7f"), "\\x0d\\x7f");
  EXPECT_EQ(printable("ž €  😀"), "ž €  😀");
}

TEST(Printable, TurnsEveryByteThatIsNotUtf8IntoText) {
  EXPECT_EQ(printable("\xff\xfe\x80"), "\\xff\\xfe\\x80");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(printable("\xef\xbf\xbe"), "\\xef\\xbf\\xbe") << "U+FFFE";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "above U+10FFFF";
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82") << "cut off";
}

TEST(Printable, CutsALineBetweenCharacters) {
  EXPECT_EQ(printable_line("a\nb"), "a\\nb");
  EXPECT_EQ(printable_line("aaž", 3), "aa…");
}

TEST(Closest, SuggestsANameThatIsNearlyTheSame) {
  EXPECT_EQ(closest("congurations", {"configurations", "consoles"}), "configurations");
  EXPECT_EQ(closest("zzz", {"configurations", "consoles"}), "");
}

}  // namespace
}  // namespace coldboot
