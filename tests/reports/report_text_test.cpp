#include "reports/plain/report_text.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace coldboot {
namespace {

using namespace std::string_literals;

TEST(ReportText, RemovesControlSequencesAndShowsOtherBytes) {
  struct Case {
    const char* name;
    std::string bytes;
    std::string text;
  };
  const std::vector<Case> cases{
      {"colour", "\x1b[1;31mred\x1b[0m", "red"},
      {"private mode", "\x1b[?25l\x1b[>4;1mx", "x"},
      {"title", "\x1b]0;apu2\x07>\x1b]2;apu2\x1b\\<", "><"},
      {"character set and short escapes", "\x1b(B\x1b"s + "7\x1b=x", "x"},
      {"cut off", "a\x1b[1;3", "a\\x1b[1;3"},
      {"title without an end", "\x1b]0;apu2\nnext", "\\x1b]0;apu2\nnext"},
      {"lone escape", "\x1b", "\\x1b"},
      {"escape before a sequence", "\x1b\x1b[0mx", "\\x1bx"},
      {"line ends", "a\r\nb\rc\n", "a\nb\nc\n"},
      {"what XML forbids", "\0\x07\xff\xef\xbf\xbe"s, "\\x00\\x07\\xff\\xef\\xbf\\xbe"},
  };
  for (const Case& each : cases) EXPECT_EQ(report_text(each.bytes), each.text) << each.name;
}

TEST(ReportText, KeepsALineOnOneLine) {
  EXPECT_EQ(report_line("a\r\nb\x1b[0m"), "a\\x0d\\nb");
  EXPECT_EQ(report_line("abcdef", 3), "abc…");
}

TEST(Excerpt, KeepsWhatFits) {
  EXPECT_EQ(excerpt(""), "");
  EXPECT_EQ(excerpt("one\ntwo"), "one\ntwo");
}

TEST(Excerpt, KeepsTheFirstAndTheLastLinesAndSaysWhatIsMissing) {
  EXPECT_EQ(excerpt("1\n2\n3\n4\n5\n6\n", {.head_lines = 1, .tail_lines = 2}),
            "1\n[... cut here: 6 bytes, 3 line ends; the whole console is in the run folder ...]\n5\n6\n");
}

TEST(Excerpt, IsBoundedWhateverTheLines) {
  const std::string one_line(12'000'000, 'x');
  EXPECT_LT(excerpt(one_line).size(), 66'000U);
  EXPECT_LT(excerpt(std::string(12'000'000, '\n')).size(), 66'000U);
  std::string wide;
  while (wide.size() < 300'000) wide += "€";
  const std::string cut = excerpt(wide);
  EXPECT_LT(cut.size(), 66'000U);
  EXPECT_EQ(report_text(cut), cut) << "no character may be cut in two";
}

TEST(Excerpt, OfLongLinesKeepsBothEnds) {
  std::string text;
  for (int line = 0; line < 1000; ++line) text += std::string(2000, static_cast<char>('a' + line % 26)) + "\n";
  const std::string cut = excerpt(text);
  EXPECT_LT(cut.size(), 66'000U);
  EXPECT_EQ(cut.substr(0, 2001), text.substr(0, 2001));
  EXPECT_EQ(cut.substr(cut.size() - 2001), text.substr(text.size() - 2001));
}

}  // namespace
}  // namespace coldboot
