#include "harness/scenario/read_profile.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/console/pattern_set.hpp"
#include "tests/scenario/scenario_files.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

TEST(Profile, MergesWhatItIncludesInOrder) {
  const auto profile = read_profile(files / "guest.yaml", {});
  ASSERT_TRUE(profile) << profile.mistakes.front().text();
  EXPECT_EQ(profile->title, "Firewall as a guest");
  EXPECT_EQ(profile->inputs,
            (std::vector<std::filesystem::path>{files / "guest.yaml", files / "firewall.yaml", files / "board.yaml"}));
  const BootPlan& plan = profile->plan;
  EXPECT_EQ(plan.profile, "guest");
  EXPECT_EQ(plan.console, "com1");
  std::vector<std::string> names;
  for (const MarkerPlan& marker : plan.markers) names.push_back(marker.name);
  EXPECT_THAT(names, testing::ElementsAre("banner", "bios", "payload", "menu", "kernel", "prompt", "vm-create"));
  EXPECT_EQ(plan.markers[0].twice_within, 10s);
  EXPECT_EQ(plan.markers[3], (MarkerPlan{"menu", "8\\) Shell", "", "", "kernel", {}, {}}));
  EXPECT_EQ(plan.markers[5].quiet, 200ms);
  EXPECT_EQ(plan.markers[6].sent, "create fw.cfg");
  ASSERT_EQ(plan.spans.size(), 4U);
  EXPECT_EQ(plan.spans[1], (SpanPlan{"loader", "payload", "kernel", "Loader"}));
  ASSERT_EQ(plan.failures.size(), 4U);
  EXPECT_EQ(plan.failures[0].repeats, "banner");
  EXPECT_EQ(plan.failures[1].silent_for, 120s);
  EXPECT_TRUE(plan.failures[2].fatal);
  EXPECT_FALSE(plan.failures[3].fatal);
  EXPECT_EQ(plan.shutdown, (ShutdownPlan{"prompt", "6\ry\r", "Uptime:", 60s}));
  EXPECT_EQ(plan.observe, (std::map<std::string, std::string>{{"firmware", "bios"}}));
}

/// Profiles of one test in a folder of their own.
class ProfileFolder : public testing::Test {
 protected:
  ProfileFolder() { std::filesystem::create_directories(folder_ / "project"); }

  void write(const std::string& file, const std::string& body) {
    std::ofstream(folder_ / file) << "coldboot: profile/1\n" << body;
  }

  /// Mistakes of reading a profile of the folder, one a line, file names without their folder.
  std::string mistakes_of(const std::string& file) {
    std::string lines;
    for (const Fault& fault : read_profile(folder_ / file, {folder_ / "project"}).mistakes)
      lines += fault.text() + "\n";
    const std::string prefix = folder_.string() + "/";
    for (std::size_t at = lines.find(prefix); at != std::string::npos; at = lines.find(prefix))
      lines.erase(at, prefix.size());
    return lines;
  }

  TemporaryFolder own_;
  const std::filesystem::path& folder_ = own_.path();
};

TEST_F(ProfileFolder, IncludesAreFoundBesideTheFileThenInTheProject) {
  write("a.yaml", "name: a\ninclude: [b, c]\n");
  write("b.yaml", "name: b\nmarkers: {x: {match: beside}}\n");
  write("project/b.yaml", "name: b\nmarkers: {x: {match: project}}\n");
  write("project/c.yaml", "name: c\nmarkers: {z: {match: project}}\n");
  const auto profile = read_profile(folder_ / "a.yaml", {folder_ / "project"});
  ASSERT_TRUE(profile) << profile.mistakes.front().text();
  EXPECT_EQ(profile->plan.markers[0].match, "beside");
  EXPECT_EQ(profile->plan.markers[1].match, "project");
}

TEST_F(ProfileFolder, PassesOverABenchOfTheSameName) {
  write("a.yaml", "name: a\ninclude: [b]\n");
  put_text(folder_ / "b.yaml", "# a bench\ncoldboot: bench/1\nname: b\n");
  write("project/b.yaml", "name: b\nmarkers: {x: {match: project}}\n");
  EXPECT_TRUE(read_profile(folder_ / "a.yaml", {folder_ / "project"}));
  const auto none_else = read_profile(folder_ / "a.yaml", {});
  ASSERT_FALSE(none_else);
  EXPECT_THAT(none_else.mistakes.front().text(), testing::HasSubstr("found a bench file, expected a profile file"));
}

TEST_F(ProfileFolder, IncludedTwiceCountsOnce) {
  write("a.yaml", "name: a\ninclude: [b, c]\n");
  write("b.yaml", "name: b\ninclude: [d]\n");
  write("c.yaml", "name: c\ninclude: [d]\n");
  write("d.yaml", "name: d\nfailures: [{class: panic, match: panic}]\n");
  const auto profile = read_profile(folder_ / "a.yaml", {});
  ASSERT_TRUE(profile) << profile.mistakes.front().text();
  EXPECT_EQ(profile->plan.failures.size(), 1U);
}

TEST_F(ProfileFolder, IncludesInACircleShowTheWholeChain) {
  write("a.yaml", "name: a\ninclude: [b]\n");
  write("b.yaml", "name: b\ninclude: [c]\n");
  write("c.yaml", "name: c\ninclude: [a]\n");
  EXPECT_EQ(
      mistakes_of("a.yaml"),
      "c.yaml:3:11: found profiles that include each other: a.yaml → b.yaml → c.yaml → a.yaml, expected no circle\n");
}

TEST_F(ProfileFolder, IncludeThatIsMissingSaysWhereItWasLookedFor) {
  write("a.yaml", "name: a\ninclude: [bord]\n");
  write("board.yaml", "name: board\n");
  EXPECT_THAT(mistakes_of("a.yaml"), testing::StartsWith("a.yaml:3:11: found no bord.yaml in "));
  EXPECT_THAT(mistakes_of("a.yaml"), testing::EndsWith("(did you mean board?)\n"));
}

TEST_F(ProfileFolder, MistakesOfAnIncludeNameItsOwnFile) {
  write("a.yaml", "name: a\ninclude: [b]\nspans: {s: {from: power-on, to: x, titel: y}}\n");
  write("b.yaml", "name: b\nmarkers: {x: {match: '('}}\n");
  EXPECT_EQ(mistakes_of("a.yaml"),
            "a.yaml:4:36: found the key titel, expected one of from, to, title (did you mean title?)\n");
  write("a.yaml", "name: a\ninclude: [b]\nspans: {s: {from: power-on, to: x}}\n");
  EXPECT_THAT(mistakes_of("a.yaml"),
              testing::StartsWith("b.yaml:3:22: in '(' at offset 1: missing closing parenthesis"));
}

class ProfileRefuses : public testing::TestWithParam<Wrong> {};

TEST_P(ProfileRefuses, WithPlaceAndReason) {
  std::string lines;
  const std::string text = std::string("coldboot: profile/1\nname: p\n") + GetParam().body;
  for (const Fault& fault : read_profile(text, "p.yaml", {}).mistakes) lines += fault.text() + "\n";
  EXPECT_EQ(lines, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Files, ProfileRefuses,
    testing::Values(
        Wrong{"unknown_end_of_a_span", "markers: {menu: {match: x}}\nspans: {s: {from: power-on, to: meun}}",
              "p.yaml:4:33: found the marker meun, expected one that profile p has (did you mean menu?)\n"},
        Wrong{"span_without_length", "spans: {s: {from: first-byte, to: first-byte}}",
              "p.yaml:3:35: found a span s that no boot can have: it begins and ends at first-byte, expected an end "
              "after its "
              "start\n"},
        Wrong{"span_before_power_on", "spans: {s: {from: first-byte, to: power-on}}",
              "p.yaml:3:35: found a span s that no boot can have: nothing comes before power-on, expected an end after "
              "its "
              "start\n"},
        Wrong{
            "span_backwards",
            "markers: {a: {match: x}, b: {match: x, after: a}, c: {match: x, after: b}}\nspans: {s: {from: c, to: a}}",
            "p.yaml:4:26: found a span s that no boot can have: c counts only after a, expected an end after its "
            "start\n"},
        Wrong{"markers_in_a_circle", "markers: {a: {match: x, after: b}, b: {match: x, after: a}}",
              "p.yaml:3:32: found a after itself, expected markers that do not wait for each other\n"
              "p.yaml:3:57: found b after itself, expected markers that do not wait for each other\n"},
        Wrong{"unknown_after", "markers: {a: {match: x, after: kernal}, kernel: {match: x}}",
              "p.yaml:3:32: found the marker kernal, expected one that profile p has (did you mean kernel?)\n"},
        Wrong{"builtin_name", "markers: {power-on: {match: x}}",
              "p.yaml:3:11: found a marker power-on, expected another name: every boot has this one already\n"},
        Wrong{"match_and_sent", "markers: {a: {match: x, sent: z}}",
              "p.yaml:3:14: found match and sent, expected exactly one of match, sent\n"},
        Wrong{"neither_match_nor_sent", "markers: {a: {after: power-on}}",
              "p.yaml:3:14: found none, expected exactly one of match, sent\n"},
        Wrong{"quiet_with_sent", "markers: {a: {sent: z, quiet: 1 s}}",
              "p.yaml:3:31: found quiet with sent, expected it with match only\n"},
        Wrong{"pattern_of_nothing", "markers: {a: {match: 'x*'}}",
              "p.yaml:3:22: in 'x*' at offset 0: it matches the empty string, so it would be found everywhere (make it "
              "need at least one character)\n"},
        Wrong{"pattern_without_end", "failures: [{class: panic, match: 'a(b'}]",
              "p.yaml:3:34: in 'a(b' at offset 3: missing closing parenthesis\n"},
        Wrong{"repeats_unknown", "failures: [{class: boot-loop, repeats: banner}]",
              "p.yaml:3:40: found the marker banner, expected one that profile p has\n"},
        Wrong{"repeats_builtin", "failures: [{class: boot-loop, repeats: first-byte}]",
              "p.yaml:3:40: found first-byte, which no boot has twice, expected a marker of the profile\n"},
        Wrong{"wrong_effect", "failures: [{class: panic, match: x, effect: ignore}]",
              "p.yaml:3:45: found \"ignore\", expected fail or tag\n"},
        Wrong{"shutdown_at_unknown", "shutdown: {at: prompt, send: x, done: x, within: 1 s}",
              "p.yaml:3:16: found the marker prompt, expected one that profile p has\n"},
        Wrong{"observes_nothing", "markers: {a: {match: '(?<bios>v1)'}}\nobserve: {firmware: boss}",
              "p.yaml:4:21: found boss, which no marker captures, expected the name of a capture such as (?<boss>...) "
              "(did you "
              "mean bios?)\n"},
        Wrong{"key_of_later_work", "markers: {a: {match: x, confidence: 95}}",
              "p.yaml:3:25: found the key confidence, expected one of match, sent, console, after, twice-within, "
              "quiet\n"}),
    [](const auto& param) { return param.param.name; });

TEST(Pattern, NamesItsCaptures) {
  EXPECT_THAT(capture_names("(?<b>x)(?<a>.)(.)"), testing::UnorderedElementsAre("a", "b"));
  EXPECT_TRUE(capture_names("(").empty());
}

}  // namespace
}  // namespace coldboot
