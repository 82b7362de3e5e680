#include "harness/console/text_cleaner.hpp"

#include <string>

#include <gtest/gtest.h>

namespace coldboot {
namespace {

using namespace std::string_literals;

/// The text with a line feed for each break; text_at[i] is the raw offset of byte i.
struct Cleaned {
  std::string out;
  std::vector<std::uint64_t> text_at;
  void text(std::uint64_t raw, std::string_view run) {
    for (std::size_t i = 0; i < run.size(); ++i) text_at.push_back(raw + i);
    out += run;
  }
  void line_break(std::uint64_t raw) {
    text_at.push_back(raw);
    out += '\n';
  }
};

Cleaned clean(std::string_view raw, std::size_t step) {
  TextCleaner cleaner;
  Cleaned cleaned;
  for (std::size_t i = 0; i < raw.size(); i += step) cleaner.feed(i, raw.substr(i, step), cleaned);
  return cleaned;
}

struct CleanerCase {
  std::string name;
  std::string raw;
  std::string text;
};

class TextCleanerTable : public testing::TestWithParam<CleanerCase> {};

TEST_P(TextCleanerTable, GivesTheSameTextHoweverTheBytesAreSplit) {
  for (const std::size_t step : {1U, 2U, 3U, 1000U}) {
    const Cleaned cleaned = clean(GetParam().raw, step);
    EXPECT_EQ(cleaned.out, GetParam().text) << "step " << step;
    for (std::size_t i = 0; i < cleaned.out.size(); ++i) {
      if (cleaned.out[i] == '\n') continue;
      EXPECT_EQ(cleaned.out[i], GetParam().raw[cleaned.text_at[i]]) << "offset of byte " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Bytes, TextCleanerTable,
    testing::Values(
        CleanerCase{"plain", "SeaBIOS", "SeaBIOS"}, CleanerCase{"line feed", "a\nb", "a\nb"},
        CleanerCase{"crlf", "a\r\nb", "a\nb"}, CleanerCase{"crcrlf", "a\r\r\nb", "a\nb"},
        CleanerCase{"lone cr", "10%\r20%", "10%\n20%"}, CleanerCase{"two line feeds", "a\n\nb", "a\n\nb"},
        CleanerCase{"crlf twice", "a\r\n\r\nb", "a\n\nb"}, CleanerCase{"lfcr", "a\n\rb", "a\n\nb"},
        CleanerCase{"escape inside crlf", "a\r\x1b[K\nb", "a\nb"}, CleanerCase{"nul inside crlf", "a\r\0\nb"s, "a\nb"},
        CleanerCase{"colour", "\x1b[1;31mred\x1b[0m.", "red."}, CleanerCase{"private mode", "\x1b[?25lx\x1b[?7h", "x"},
        CleanerCase{"intermediate in csi", "\x1b[2 qx", "x"}, CleanerCase{"window title", "\x1b]0;pfSense\x07$ ", "$ "},
        CleanerCase{"title ended by st", "\x1b]0;t\x1b\\$ ", "$ "},
        CleanerCase{"device control string", "\x1bP1$r0m\x1b\\ok", "ok"},
        CleanerCase{"two-byte escape",
                    "\x1b"
                    "c"
                    "A\x1b=B\x1b"
                    "7C",
                    "ABC"},
        CleanerCase{"charset", "\x1b(Blogin", "login"}, CleanerCase{"double escape", "\x1b\x1b[Kx", "x"},
        CleanerCase{"line break ends csi", "\x1b[12\nnext", "\nnext"},
        CleanerCase{"line break ends title", "\x1b]0;noise\r\nnext", "\nnext"},
        CleanerCase{"control inside csi", "\x1b[1\x08mx", "x"},
        CleanerCase{"high byte ends csi", "\x1b[1\xc3\xa9", "\xc3\xa9"}, CleanerCase{"tab stays", "a\tb", "a\tb"},
        CleanerCase{"tab after escape", "\x1b\tb", "\tb"},
        CleanerCase{"controls go",
                    "a\0\x01\x07\x08\x0b\x0c\x7f"
                    "b"s,
                    "ab"},
        CleanerCase{"high bytes stay", "\x80\x9b\xff", "\x80\x9b\xff"}),
    [](const auto& one) {
      std::string name = one.param.name;
      for (char& c : name) {
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
      }
      return name;
    });

TEST(TextCleaner, KeepsEveryByteFrom80OnAndDropsControls) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    if (byte != 0x1B && byte != '\r' && byte != '\n') all += static_cast<char>(byte);
  }
  const std::string text = clean(all, 7).out;
  EXPECT_EQ(text.size(), 1U + 95U + 128U);
  EXPECT_EQ(text.substr(96), all.substr(all.size() - 128));
}

}  // namespace
}  // namespace coldboot
