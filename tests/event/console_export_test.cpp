#include "harness/event/console_export.hpp"

#include <gtest/gtest.h>

namespace coldboot {
namespace {

using namespace std::chrono_literals;

/// A console on which "é" is split between two reads, and whose last bytes have no stamp.
ConsoleRecord sample_console() {
  const Instant start = Instant(50s);
  ConsoleRecord console;
  console.name = "com1";
  console.raw = "ab\xC3\xA9\xFFz";
  console.chunks = {
      {0, 3, start, start, true}, {3, 2, start + 1500ms, start, true}, {5, 1, Instant::max(), start + 1500ms, false}};
  return console;
}

TEST(ConsoleExport, WritesTimingAndTypescriptForScriptreplay) {
  const ScriptReplay files = export_scriptreplay(sample_console());
  EXPECT_EQ(files.timing, "0.000000 3\n1.500000 2\n0.000000 1\n");
  EXPECT_EQ(files.typescript, "console com1\nab\xC3\xA9\xFFz");
}

TEST(ConsoleExport, WritesAnAsciicastThatKeepsCharactersWhole) {
  EXPECT_EQ(export_asciicast(sample_console()),
            "{\"version\":2,\"width\":80,\"height\":25,\"title\":\"com1\"}\n"
            "[0.000000, \"o\", \"ab\"]\n"
            "[1.500000, \"o\", \"\xC3\xA9\xEF\xBF\xBD\"]\n"
            "[1.500000, \"o\", \"z\"]\n");
}

TEST(ConsoleExport, OfAnEmptyConsoleHasNoFrames) {
  EXPECT_EQ(export_scriptreplay({}).timing, "");
  EXPECT_EQ(export_asciicast({}), "{\"version\":2,\"width\":80,\"height\":25,\"title\":\"\"}\n");
}

}  // namespace
}  // namespace coldboot
