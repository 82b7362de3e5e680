#include <cstdlib>
#include <optional>
#include <pty.h>
#include <sstream>
#include <sys/ioctl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "reports/terminal/columns.hpp"
#include "reports/terminal/terminal_report.hpp"
#include "tests/reports/golden.hpp"
#include "tests/reports/sample_runs.hpp"

namespace coldboot {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Sets variables of the environment for one test and puts the old ones back.
class Environment {
 public:
  void set(const char* name, const char* value) {
    const char* old = std::getenv(name);
    before_.emplace_back(name, old == nullptr ? std::nullopt : std::optional<std::string>(old));
    if (value == nullptr) {
      ::unsetenv(name);
    } else {
      ::setenv(name, value, 1);
    }
  }
  ~Environment() {
    for (auto entry = before_.rbegin(); entry != before_.rend(); ++entry) {
      if (entry->second) {
        ::setenv(entry->first.c_str(), entry->second->c_str(), 1);
      } else {
        ::unsetenv(entry->first.c_str());
      }
    }
  }

 private:
  std::vector<std::pair<std::string, std::optional<std::string>>> before_;
};

TEST(TerminalReport, LooksAsAgreed) {
  expect_golden("article-80.txt", terminal_report(sample::article(), {.width = 80}));
  expect_golden("article-120.txt", terminal_report(sample::article(), {.width = 120}));
  expect_golden("article-colour.txt", terminal_report(sample::article(), {.colour = true, .width = 120}));
  expect_golden("article-ascii.txt", terminal_report(sample::article(), {.width = 80, .unicode = false}));
  expect_golden("campaign-80.txt", terminal_report(sample::campaign(), {.width = 80}));
  expect_golden("campaign-120.txt", terminal_report(sample::campaign(), {.width = 120}));
  expect_golden("all_pass.txt", terminal_report(sample::all_pass(), {.width = 80}));
  expect_golden("three_configurations.txt", terminal_report(sample::three_configurations(), {.width = 100}));
  expect_golden("nothing.txt", terminal_report(sample::nothing(), {.width = 80}));
}

TEST(TerminalReport, EndsWithTheVerdictAndTheRunFolder) {
  EXPECT_EQ(lines_of(terminal_report(sample::article(), {})).back(), "FAIL  runs/20261122T102030Z-xen-vs-bare");
  EXPECT_EQ(lines_of(terminal_report(sample::nothing(), {})).back(), "SKIPPED  runs/20261122T102030Z-xen-vs-bare");
}

TEST(TerminalReport, StaysWithinTheWidth) {
  for (const int width : {80, 100, 120, 200}) {
    for (const RunResult& run :
         {sample::article(), sample::campaign(), sample::three_configurations(), sample::two_benches()}) {
      for (const std::string& line : lines_of(terminal_report(run, {.width = width}))) {
        EXPECT_LE(display_width(line), static_cast<std::size_t>(width)) << line;
      }
    }
  }
}

TEST(TerminalReport, PutsManyConfigurationsInTablesThatFit) {
  RunResult run = sample::three_configurations();
  for (int i = 0; i < 9; ++i) {
    run.configurations.push_back(run.configurations.back());
    run.configurations.back().name = "variant-" + std::to_string(i);
  }
  for (const std::string& line : lines_of(terminal_report(run, {.width = 80})))
    EXPECT_LE(display_width(line), 80U) << line;
}

TEST(TerminalReport, SaysWithoutColourWhatItSaysWithColour) {
  const std::string coloured = terminal_report(sample::campaign(), {.colour = true, .width = 120});
  std::string plain;
  for (std::size_t i = 0; i < coloured.size(); ++i) {
    if (coloured[i] == '\x1b')
      i = coloured.find('m', i);
    else
      plain += coloured[i];
  }
  EXPECT_EQ(plain, terminal_report(sample::campaign(), {.width = 120}));
}

TEST(TerminalReport, NeverSendsTheTerminalACommandOfTheBoard) {
  std::string bytes =
      "\xc2\x9b"
      "2J\xe2\x80\xae";  // CSI as one character, right-to-left override
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  const std::string report = terminal_report(sample::filled_with(bytes), {.width = 80});
  for (const char c : report) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
  EXPECT_EQ(report.find("\xc2\x9b"), std::string::npos);
  EXPECT_EQ(report.find("\xe2\x80\xae"), std::string::npos);
  for (const char c : terminal_report(sample::filled_with(bytes), {.width = 80, .unicode = false})) {
    EXPECT_LT(static_cast<unsigned char>(c), 0x7F);
  }
}

TEST(Columns, CountWhatATerminalShows) {
  EXPECT_EQ(display_width("plain"), 5U);
  EXPECT_EQ(display_width("ž"), 1U);
  EXPECT_EQ(display_width("z\xcc\x8c"), 1U) << "combining caron";
  EXPECT_EQ(display_width("漢字"), 4U);
  EXPECT_EQ(display_width("😀"), 2U);
}

TEST(Columns, CutBetweenCharacters) {
  EXPECT_EQ(cut_to("abcdef", 4, {}), "abc…");
  EXPECT_EQ(cut_to("abcdef", 4, {.unicode = false}), "abc~");
  EXPECT_EQ(cut_to("漢字漢", 4, {}), "漢…");
  EXPECT_EQ(cut_to("abcd", 4, {}), "abcd");
  EXPECT_EQ(cut_to("abcd", 0, {}), "");
}

TEST(Columns, BreakBetweenWords) {
  EXPECT_EQ(wrapped("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrapped("unbreakable", 4), (std::vector<std::string>{"unbreakable"}));
  EXPECT_EQ(wrapped("", 4), (std::vector<std::string>{""}));
}

TEST(TerminalStyle, OfAPipeIsPlainAndTakesItsWidthFromColumns) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  Environment environment;
  for (const char* name : {"NO_COLOR", "LC_ALL", "LC_CTYPE"}) environment.set(name, nullptr);
  environment.set("LANG", "de_DE.utf8");
  environment.set("COLUMNS", "132");
  EXPECT_FALSE(detect_style(pipe[1]).colour);
  EXPECT_FALSE(is_live_terminal(pipe[1]));
  EXPECT_EQ(detect_style(pipe[1]).width, 132);
  EXPECT_TRUE(detect_style(pipe[1]).unicode);
  environment.set("LC_ALL", "C");
  environment.set("COLUMNS", "not a number");
  EXPECT_FALSE(detect_style(pipe[1]).unicode);
  EXPECT_EQ(detect_style(pipe[1]).width, 80);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST(TerminalStyle, OfATerminalHasColourUnlessAskedNot) {
  int master = -1;
  int terminal = -1;
  const winsize size{.ws_row = 24, .ws_col = 97, .ws_xpixel = 0, .ws_ypixel = 0};
  ASSERT_EQ(::openpty(&master, &terminal, nullptr, nullptr, &size), 0);
  Environment environment;
  environment.set("NO_COLOR", nullptr);
  environment.set("TERM", "xterm");
  EXPECT_TRUE(detect_style(terminal).colour);
  EXPECT_EQ(detect_style(terminal).width, 97);
  environment.set("NO_COLOR", "1");
  EXPECT_FALSE(detect_style(terminal).colour);
  EXPECT_TRUE(is_live_terminal(terminal));
  environment.set("NO_COLOR", "");
  EXPECT_TRUE(detect_style(terminal).colour) << "empty does not count";
  environment.set("TERM", "dumb");
  EXPECT_FALSE(detect_style(terminal).colour);
  EXPECT_FALSE(is_live_terminal(terminal));
  ::close(terminal);
  ::close(master);
}

}  // namespace
}  // namespace coldboot
