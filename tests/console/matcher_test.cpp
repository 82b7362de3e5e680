#include "harness/console/matcher.hpp"

#include <random>
#include <tuple>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/console/echo.hpp"
#include "tests/console/boot_text.hpp"
#include "tests/console/plain_oracle.hpp"

namespace coldboot {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> regexes = {"(?i)PC Engines apu\\d",
                                          "BIOS version (?<bios>v[\\d.]+)",
                                          "v\\d+",
                                          "foo(bar(baz)?)?",
                                          "a+b",
                                          "ab|abc",
                                          "login: ",
                                          "login: $",
                                          "\\blogin\\b",
                                          "^Xen",
                                          "\\(XEN\\).*",
                                          "panic:.*",
                                          "(?<!no )panic:",
                                          "panic(?=: twice)",
                                          "\\d+%$",
                                          "Enter an option: ",
                                          "[^a-z ]{3,}",
                                          "x.*y",
                                          "(a)\\1",
                                          "\\bv4\\b",
                                          "\\W$",
                                          ".+",
                                          "o\\B",
                                          "[\\x80-\\xff]+",
                                          "\\s\\S+",
                                          "(?i:SHELL)|xen",
                                          "l{2}",
                                          "Booting from (Hard Disk|DVD/CD|ROM)\\.\\.\\.",
                                          "(?s)c.*d",
                                          "\\tfoo"};

std::shared_ptr<const PatternSet> compiled(const std::vector<std::string>& wanted, bool prefilter = true) {
  std::vector<Pattern> patterns;
  for (const std::string& regex : wanted) patterns.push_back({regex, regex, false});
  auto set = PatternSet::compile(patterns, prefilter);
  EXPECT_TRUE(set);
  return *set;
}

using Place = std::tuple<std::uint64_t, std::uint64_t, std::size_t, std::size_t, std::string>;

std::vector<Place> places(const std::vector<RawHit>& hits) {
  std::vector<Place> found;
  for (const RawHit& hit : hits) {
    if (!hit.held) found.emplace_back(hit.begin, hit.end, hit.pattern, hit.line, hit.text);
  }
  std::sort(found.begin(), found.end());
  return found;
}

struct KeyPress {
  std::string bytes;
  std::uint64_t at = 0;
};

std::vector<RawHit> feed_in_steps(const std::shared_ptr<const PatternSet>& set, const std::string& raw,
                                  std::size_t step, const std::vector<KeyPress>& typed = {}) {
  Matcher matcher(set);
  for (const KeyPress& one : typed) matcher.sent(one.bytes, one.at);
  std::vector<RawHit> hits;
  for (std::size_t i = 0; i < raw.size(); i += step) matcher.feed(std::string_view(raw).substr(i, step), hits);
  matcher.finish(hits);
  EXPECT_THAT(matcher.gave_up(), IsEmpty());
  return hits;
}

std::vector<RawHit> feed_at_random(const std::shared_ptr<const PatternSet>& set, const std::string& raw,
                                   unsigned seed) {
  std::mt19937 random(seed);
  Matcher matcher(set);
  std::vector<RawHit> hits;
  for (std::size_t i = 0; i < raw.size();) {
    const std::size_t step = random() % 4 == 0 ? random() % 9000 : random() % 90;
    matcher.feed(std::string_view(raw).substr(i, step), hits);
    i += step;
  }
  matcher.finish(hits);
  return hits;
}

std::vector<Place> oracle_places(const std::vector<std::string>& wanted, const std::string& raw) {
  std::vector<Place> found;
  for (const OracleHit& hit : oracle_hits(wanted, raw)) {
    found.emplace_back(hit.begin, hit.end, hit.pattern, hit.line, hit.text);
  }
  std::sort(found.begin(), found.end());
  return found;
}

void expect_same_for_all_splits(const std::vector<std::string>& wanted, const std::string& raw,
                                const std::vector<std::size_t>& steps = {1, 2, 3, 7, 64, 4096, 100000}) {
  const auto expected = oracle_places(wanted, raw);
  for (const bool prefilter : {true, false}) {
    const auto set = compiled(wanted, prefilter);
    for (const std::size_t step : steps) {
      EXPECT_EQ(places(feed_in_steps(set, raw, step)), expected) << "step " << step << " prefilter " << prefilter;
    }
    for (unsigned seed = 0; seed < 2; ++seed) {
      EXPECT_EQ(places(feed_at_random(set, raw, seed)), expected) << "seed " << seed << " prefilter " << prefilter;
    }
  }
}

TEST(Matcher, FindsTheSameHoweverTheBytesAreSplit) {
  expect_same_for_all_splits(regexes, synthetic_boot());
}

TEST(Matcher, FindsTheSameInNoise) {
  std::mt19937 random(7);
  for (int round = 0; round < 3; ++round) {
    std::string raw;
    const std::string_view alphabet = "ab foovpanic:login4%X\r\n\r\n\x1b[K]\x07\x80\xff\t1";
    for (int i = 0; i < 1500; ++i) raw += alphabet[random() % alphabet.size()];
    expect_same_for_all_splits(regexes, raw);
  }
}

TEST(Matcher, FindsTheSameInRecordedConsoles) {
  const auto logs = corpus_logs();
  if (logs.empty()) GTEST_SKIP() << "the collection of console logs is not here";
  const auto set = compiled(regexes);
  const auto unfiltered = compiled(regexes, false);
  for (const auto& log : logs) {
    SCOPED_TRACE(log.filename().string());
    const std::string raw = contents(log);
    const auto expected = oracle_places(regexes, raw);
    for (const std::size_t step : {1U, 7U, 4096U}) {
      EXPECT_EQ(places(feed_in_steps(set, raw, step)), expected) << "step " << step;
    }
    EXPECT_EQ(places(feed_at_random(set, raw, 1)), expected);
    EXPECT_EQ(places(feed_in_steps(unfiltered, raw, 64)), expected);
  }
}

TEST(Matcher, FindsTheSameInEveryByte) {
  std::string raw;
  for (int round = 0; round < 3; ++round) {
    for (int byte = 0; byte < 256; ++byte) raw += static_cast<char>(byte);
  }
  expect_same_for_all_splits(regexes, raw);
}

TEST(Matcher, FindsTheSameInLinesLongerThanItsWindow) {
  std::mt19937 random(3);
  std::string raw;
  for (const std::size_t length : {8191U, 8192U, 8193U, 20000U}) {
    for (std::size_t i = 0; i < length; ++i) raw += "ab panicfov4:x"[random() % 14];
    raw += '\n';
  }
  expect_same_for_all_splits({"v\\d+", "\\bpa", "panic", "a.{0,100}x", "(?<=ab) p", "fo+", "x4.*", "^ab", "\\w+$"},
                             raw);
}

TEST(Matcher, BoundsWhatALineOf12MegabytesCosts) {
  const auto set = compiled({"needle", "hay.*", "(?<!x)needle"});
  std::string raw(12 << 20, '.');
  raw.replace(9 << 20, 6, "needle");
  Matcher matcher(set);
  std::vector<RawHit> hits;
  for (std::size_t i = 0; i < raw.size(); i += 65536) {
    matcher.feed(std::string_view(raw).substr(i, 65536), hits);
    EXPECT_LE(matcher.received() - matcher.undecided_from(), Matcher::window);
  }
  matcher.finish(hits);
  EXPECT_THAT(places(hits), ElementsAre(Place(9 << 20, (9 << 20) + 6, 0, 1, "needle"),
                                        Place(9 << 20, (9 << 20) + 6, 2, 1, "needle")));
}

TEST(Matcher, FindsABannerThatBeginsInMidLine) {
  const auto hits =
      feed_in_steps(compiled({"(?i)PC Engines apu\\d"}), "<6>Shutting down firmware services..PC Engines apu2\r\n", 5);
  EXPECT_THAT(places(hits), ElementsAre(Place(36, 51, 0, 1, "PC Engines apu2")));
}

TEST(Matcher, FindsAPromptBeforeItsLineEnds) {
  Matcher matcher(compiled({"Enter an option: "}));
  std::vector<RawHit> hits;
  matcher.feed("\r\nEnter an option: ", hits);
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_FALSE(hits[0].held);
  EXPECT_EQ(hits[0].line, 2U);
}

TEST(Matcher, HoldsBackWhatMoreBytesCouldLengthen) {
  Matcher matcher(compiled({"v(?<number>\\d+)", "login: $"}));
  std::vector<RawHit> hits;
  matcher.feed("v4", hits);
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_TRUE(hits[0].held);
  EXPECT_EQ(hits[0].text, "v4");
  matcher.feed("\x1b[0m", hits);
  EXPECT_EQ(hits.size(), 1U) << "nothing new was said";
  matcher.feed("1 login: ", hits);
  ASSERT_EQ(hits.size(), 3U);
  EXPECT_FALSE(hits[1].held);
  EXPECT_EQ(hits[1].text, "v41");
  EXPECT_EQ(hits[1].begin, 0U);
  EXPECT_EQ(hits[1].end, 7U) << "the escape sequence lies inside the match";
  EXPECT_EQ(hits[1].captures.at("number"), "41");
  EXPECT_TRUE(hits[2].held);
  hits.clear();
  matcher.feed("root\r\n", hits);
  EXPECT_THAT(hits, IsEmpty()) << "text followed the prompt";
}

TEST(Matcher, GivesWholeLinePatternsTheirLineWhenItHasEnded) {
  auto set = PatternSet::compile({{"panic", "panic:", true}});
  Matcher matcher(*set);
  std::vector<RawHit> hits;
  matcher.feed("kernel panic: out", hits);
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_TRUE(hits[0].held);
  EXPECT_EQ(hits[0].line_text, "kernel panic: out");
  EXPECT_FALSE(hits[0].blank_after);
  matcher.feed(" of mem", hits);
  EXPECT_EQ(hits.size(), 1U);
  matcher.feed("ory\r\n", hits);
  ASSERT_EQ(hits.size(), 2U);
  EXPECT_FALSE(hits[1].held);
  EXPECT_EQ(hits[1].line_text, "kernel panic: out of memory");
}

TEST(Matcher, GivesUpOnAPatternThatBacktracksWithoutEnd) {
  Matcher matcher(compiled({"(a+)+c", "b"}, false));
  std::vector<RawHit> hits;
  matcher.feed(std::string(5000, 'a') + "bc\n", hits);
  EXPECT_THAT(matcher.gave_up(), ElementsAre(0));
  EXPECT_EQ(places(hits).size(), 1U) << "the other pattern is not held up";
}

// --- echo

TEST(Matcher, DropsAHitThatIsOurOwnEcho) {
  const std::string raw = "# xl create pf.cfg\r\nParsing config\r\nxl create\r\n";
  for (const std::size_t step : {1U, 2U, 3U, 7U, 64U}) {
    const auto hits = feed_in_steps(compiled({"xl create"}), raw, step, {{"xl create pf.cfg\r", 2}});
    EXPECT_THAT(places(hits), ElementsAre(Place(36, 45, 0, 3, "xl create"))) << "step " << step;
  }
}

TEST(Matcher, KnowsAnEchoThatTheTerminalWrapped) {
  const auto hits =
      feed_in_steps(compiled({"pf.cfg"}), "# xl create \r\n\x1b[Kpf.cfg\r\n", 1, {{"xl create pf.cfg\r", 2}});
  EXPECT_THAT(places(hits), IsEmpty());
}

TEST(Matcher, CountsWhatOnlyLookedLikeAnEcho) {
  const std::string raw = "# reboot now? Rebooting\r\n";
  for (const std::size_t step : {1U, 3U, 64U}) {
    const auto hits = feed_in_steps(compiled({"reboot"}), raw, step, {{"reboot system\r", 2}});
    EXPECT_THAT(places(hits), ElementsAre(Place(2, 8, 0, 1, "reboot"))) << "step " << step;
  }
}

TEST(Matcher, HoldsAHitBackWhileItMayBeEcho) {
  Matcher matcher(compiled({"reboot"}));
  std::vector<RawHit> hits;
  matcher.sent("reboot system\r", 0);
  matcher.feed("reboot sys", hits);
  EXPECT_THAT(hits, IsEmpty());
  matcher.feed("log", hits);
  EXPECT_EQ(places(hits).size(), 1U);
}

TEST(Matcher, TakesOneEchoForEachTextTyped) {
  const auto hits = feed_in_steps(compiled({"halt"}), "halt halt halt", 1, {{"halt\r", 0}, {"halt\r", 0}});
  EXPECT_THAT(places(hits), ElementsAre(Place(10, 14, 0, 1, "halt")));
}

TEST(Matcher, CountsEverythingWhenTooFewCharactersWereTyped) {
  EXPECT_EQ(places(feed_in_steps(compiled({"8"}), "8\r\n", 1, {{"8\r", 0}})).size(), 1U);
}

TEST(Matcher, LooksForAnEchoOnlyWhereWeTyped) {
  const auto hits = feed_in_steps(compiled({"halt"}), "halt halt", 1, {{"halt\r", 3}});
  EXPECT_THAT(places(hits), ElementsAre(Place(0, 4, 0, 1, "halt")));
  const std::string late = std::string(EchoFinder::reach, '.') + "halt";
  EXPECT_EQ(places(feed_in_steps(compiled({"halt"}), late, 7, {{"halt\r", 0}})).size(), 1U);
}

}  // namespace
}  // namespace coldboot
