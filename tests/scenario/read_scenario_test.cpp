#include "harness/scenario/read_scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/bench/read_bench.hpp"
#include "harness/scenario/explain.hpp"
#include "harness/scenario/fit.hpp"
#include "tests/bench/test_drivers.hpp"
#include "tests/scenario/scenario_files.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> described(const std::vector<Step>& steps) {
  std::vector<std::string> lines;
  for (const Step& step : steps) lines.push_back(describe(step));
  return lines;
}

TEST(Scenario, IsReadAsWritten) {
  const auto scenario = read_scenario(files / "compare.yaml", {});
  ASSERT_TRUE(scenario) << scenario.mistakes.front().text();
  EXPECT_TRUE(scenario.warnings.empty());
  EXPECT_EQ(scenario->name, "guest-vs-bare");
  EXPECT_EQ(scenario->requirement, "ACC-014");
  EXPECT_EQ(scenario->bench, "apu-07");
  EXPECT_EQ(scenario->boots, 20);
  EXPECT_EQ(scenario->bench_retries, 2);
  EXPECT_EQ(scenario->must_match, (std::vector<std::string>{"firmware"}));
  ASSERT_EQ(scenario->configurations.size(), 2U);
  const Configuration& bare = scenario->configurations[0];
  EXPECT_EQ(bare.name, "bare");
  EXPECT_EQ(bare.title, "Firewall on bare metal");
  EXPECT_EQ(bare.boot.at("sd"), files / "card.img");
  EXPECT_EQ(bare.declare.at("firewall"), "2.4.4");
  EXPECT_THAT(described(bare.steps), testing::ElementsAre("power cycle, off for 10 s", "expect menu within 10 min",
                                                          "shut down cleanly and power off"));
  EXPECT_THAT(described(scenario->configurations[1].steps),
              testing::ElementsAre("power cycle", "expect payload within 1 min",
                                   "run ping -c 1 192.168.1.1 within 30 s", "send \"create fw.cfg\\x0d\" on com1",
                                   "expect menu within 400 s", "wait 5 s", "shut down cleanly and power off"));
  ASSERT_EQ(scenario->measure.size(), 2U);
  EXPECT_EQ(scenario->measure[1].on, "bare");
  ASSERT_EQ(scenario->limits.size(), 3U);
  EXPECT_EQ(scenario->limits[1].that, "ratio(guest.vm / bare.article) <= 1.25");
  EXPECT_FALSE(scenario->limits[2].gate);
  EXPECT_EQ(scenario->inputs, (std::vector<std::filesystem::path>{files / "compare.yaml", files / "firewall.yaml",
                                                                  files / "board.yaml", files / "guest.yaml"}));
}

constexpr const char* bare = "configurations: {bare: {profile: firewall}}\n";

Reading<Scenario> read(const std::string& body) {
  return read_scenario("coldboot: scenario/1\nname: s\n" + body, files / "s.yaml", {});
}

/// Faults, one a line, the file without its folder.
std::string lines_of(const std::vector<Fault>& faults) {
  std::string lines;
  for (const Fault& fault : faults) lines += fault.text() + "\n";
  const std::string prefix = files.string() + "/";
  for (std::size_t at = lines.find(prefix); at != std::string::npos; at = lines.find(prefix))
    lines.erase(at, prefix.size());
  return lines;
}

TEST(Scenario, HasStepsOfItsOwnWhereNoneAreWritten) {
  const auto scenario = read(bare);
  ASSERT_TRUE(scenario) << lines_of(scenario.mistakes);
  EXPECT_THAT(described(scenario->configurations[0].steps),
              testing::ElementsAre("power cycle", "expect menu within 10 min", "shut down cleanly and power off"));
  EXPECT_EQ(scenario->boots, 1);
  EXPECT_EQ(scenario->title, "s");
}

TEST(Scenario, CutsPowerByDefaultWhereTheProfileHasNoShutdown) {
  const auto scenario = read("configurations: {bare: {profile: board}}\n");
  ASSERT_TRUE(scenario) << lines_of(scenario.mistakes);
  EXPECT_EQ(describe(scenario->configurations[0].steps.back()), "power off");
}

class ScenarioRefuses : public testing::TestWithParam<Wrong> {};

TEST_P(ScenarioRefuses, WithPlaceAndReason) {
  EXPECT_EQ(lines_of(read(GetParam().body).mistakes), GetParam().expected);
}

std::string with_limit(const std::string& that) {
  return std::string(bare) + "limits: [{id: a, that: \"" + that + "\"}]";
}

INSTANTIATE_TEST_SUITE_P(
    Files, ScenarioRefuses,
    testing::Values(
        Wrong{"no_boots", std::string(bare) + "repeat: {boots: 0}",
              "s.yaml:4:17: found the number 0, expected a whole number from 1 to 100000 such as 20\n"},
        Wrong{"unnamed_profile", "configurations: {bare: {profile: 2.4}}",
              "s.yaml:3:34: found the number 2.4, expected a file's name or path such as pfsense-2.4-xen (quote it: "
              "\"2.4\")\n"},
        Wrong{"unknown_step", std::string(bare) + "steps: [power-cicle]",
              "s.yaml:4:9: found power-cicle, expected one of power-on, power-off, power-cycle, expect, send, wait, "
              "run, flash, recover, media (did you mean power-cycle?)\n"},
        Wrong{"two_steps_in_one",
              std::string(bare) + "steps:\n  - power-cycle:\n    expect: {marker: menu, within: 9 s}",
              "s.yaml:5:5: found a map of several keys, expected one of power-on, power-off, power-cycle, expect, "
              "send, wait, run, flash, recover, media (each begins with its own \"- \", and what belongs to it stands "
              "in braces)\n"},
        Wrong{"off_is_a_boolean_to_some", std::string(bare) + "steps: [power-cycle: {off: 10 s}]",
              "s.yaml:4:23: found the key off, expected one of off-for (did you mean off-for?)\n"},
        Wrong{"expects_an_unknown_marker",
              std::string(bare) + "steps: [power-cycle, expect: {marker: menue, within: 9 s}]",
              "s.yaml:4:39: found the marker menue, expected one that profile firewall has (did you mean menu?)\n"},
        Wrong{"expects_for_no_time", std::string(bare) + "steps: [power-cycle, expect: {marker: menu, within: 0 s}]",
              "s.yaml:4:53: found \"0 s\", expected a duration above 0 s such as 60 s\n"},
        Wrong{"never_on", std::string(bare) + "steps: [wait: {for: 1 s}]",
              "s.yaml:4:9: found no step that switches power on, expected power-cycle or power-on\n"},
        Wrong{"clean_without_shutdown",
              "configurations: {bare: {profile: board}}\nsteps: [power-on, power-off: {how: clean}]",
              "s.yaml:4:19: found a clean power-off, but profile board has no shutdown, expected one that has (add a "
              "shutdown "
              "to the profile, or write power-off: {how: cut})\n"},
        Wrong{
            "command_for_a_shell", std::string(bare) + "steps: [power-on, run: {command: ls -l, within: 1 s}]",
            "s.yaml:4:34: found \"ls -l\", expected a list of at least one (a list stands in brackets: [one, two])\n"},
        Wrong{"must_match_unknown", std::string(bare) + "must-match: [drive]",
              "s.yaml:4:14: found drive, which no configuration declares and no profile observes, expected an "
              "attribute that "
              "is known\n"},
        Wrong{
            "must_match_differs",
            "configurations:\n  a: {profile: firewall, declare: {drive: A}}\n  b: {profile: firewall, declare: {drive: "
            "B}}\nmust-match: [drive]",
            "s.yaml:6:14: found drive declared as \"A\" for a and as \"B\" for b, expected the same\n"},
        Wrong{"measures_unknown_marker", std::string(bare) + "measure: {m: {from: power-on, to: meun}}",
              "s.yaml:4:35: found the marker meun, expected one that profile firewall has (did you mean menu?)\n"},
        Wrong{"measures_unknown_configuration",
              std::string(bare) + "measure: {m: {from: power-on, to: menu, configuration: xen}}",
              "s.yaml:4:56: found the configuration xen, expected one of the scenario's\n"},
        Wrong{"measures_backwards", std::string(bare) + "measure: {m: {from: menu, to: kernel}}",
              "s.yaml:4:31: found a measurement m that no boot can have: menu counts only after kernel, expected an "
              "end after "
              "its start\n"},
        Wrong{"measures_a_span_again", std::string(bare) + "measure: {loader: {from: power-on, to: menu}}",
              "s.yaml:4:11: found a measurement loader, expected another name: profile firewall has a span of it\n"},
        Wrong{"limit_of_unknown_configuration", with_limit("median(xen.loader) <= 1 s"),
              "s.yaml:4:24: found the configuration xen, expected one of bare, or * for each\n"},
        Wrong{"limit_of_unknown_span", with_limit("median(bare.lodaer) <= 1 s"),
              "s.yaml:4:24: found bare.lodaer, expected a span or measurement that bare has: firmware, loader, system "
              "(did you "
              "mean loader?)\n"},
        Wrong{"limit_of_unknown_marker", with_limit("median(bare.power-on..meun) <= 1 s"),
              "s.yaml:4:24: found the marker meun, expected one that profile firewall has (did you mean menu?)\n"},
        Wrong{"limit_backwards", with_limit("median(bare.menu..kernel) <= 1 s"),
              "s.yaml:4:24: found menu..kernel, which no boot can have: menu counts only after kernel\n"},
        Wrong{"limit_nobody_keeps", with_limit("median(bare.loader) <= 0 s"),
              "s.yaml:4:24: found the bound 0 s, which no boot can keep, expected a bound above 0\n"},
        Wrong{
            "limit_twice",
            std::string(bare) + "limits:\n  - {id: a, that: bare.loader <= 1 s}\n  - {id: a, that: bare.system <= 1 s}",
            "s.yaml:6:5: found the limit a again, expected every id once\n"},
        Wrong{"key_of_later_work", std::string(bare) + "repeat: {boots: 2, seed: 7}",
              "s.yaml:4:20: found the key seed, expected one of boots, order, bench-retries\n"}),
    [](const auto& param) { return param.param.name; });

TEST(Scenario, SaysWhereAMissingProfileWasLookedFor) {
  EXPECT_THAT(lines_of(read("configurations: {bare: {profile: firewal}}").mistakes),
              testing::MatchesRegex("s.yaml:3:34: found no firewal.yaml in .*, expected a profile file "
                                    "\\(did you mean firewall\\?\\)\n"));
}

TEST(Scenario, WarnsOfADeadlineThatCutsSlowBootsOff) {
  const auto scenario = read(std::string(bare) +
                             "steps: [power-cycle, expect: {marker: menu, within: 299 s}]\n"
                             "measure: {boot: {from: power-on, to: menu}}\n"
                             "limits: [{id: a, that: median(*.boot) <= 240 s}]\n");
  EXPECT_TRUE(scenario) << lines_of(scenario.mistakes);
  EXPECT_EQ(
      lines_of(scenario.warnings),
      "s.yaml:4:39: menu is given up after 299 s, close to the limit a of 240 s: a slow boot would be cut off and not "
      "measured (wait for it at least 300 s)\n");
}

TEST(Scenario, DoesNotWarnOfADeadlineWithRoom) {
  const auto scenario = read(std::string(bare) +
                             "steps: [power-cycle, expect: {marker: menu, within: 300 s}]\n"
                             "limits: [{id: a, that: median(*.power-on..menu) <= 240 s}]\n");
  EXPECT_TRUE(scenario) << lines_of(scenario.mistakes);
  EXPECT_EQ(lines_of(scenario.warnings), "");
}

BenchFile bench() {
  auto read = read_bench(std::filesystem::path(COLDBOOT_SOURCE_DIR) / "tests/bench/files/apu.yaml", test_drivers());
  EXPECT_TRUE(read);
  return *read;
}

TEST(Scenario, IsExplainedInWords) {
  const auto scenario = read_scenario(files / "compare.yaml", {});
  ASSERT_TRUE(scenario);
  const BenchFile on = bench();
  EXPECT_EQ(explain(*scenario, &on), R"(guest-vs-bare: Boot of a guest against bare metal (ACC-014)

bench apu-07
  power         test-relay, off for at least 12 s, left off after a clean shutdown
  console com1  test-tty at 115200n8
  console com2  test-tty
  medium sd     test-mux
  flash         test-flasher, 8 MiB, golden golden.rom

2 configurations, 20 boots of each, 40 in all
  bare   profile firewall  sd: card.img  Firewall on bare metal
  guest  profile guest     sd: card.img  Firewall as a guest
  must agree in firmware
  up to 2 boots lost to the bench made up for

each boot of bare
  1.  power cycle, off for 10 s
  2.  expect menu within 10 min
  3.  shut down cleanly and power off

each boot of guest
  1.  power cycle
  2.  expect payload within 1 min
  3.  run ping -c 1 192.168.1.1 within 30 s
  4.  send "create fw.cfg\x0d" on com1
  5.  expect menu within 400 s
  6.  wait 5 s
  7.  shut down cleanly and power off
  done after 6 h 53 min at the latest, were every deadline used up

measured
  boot      power-on → menu
  article   first-byte → menu   bare only
  firmware  power-on → payload
  loader    payload → kernel
  system    kernel → menu
  vm        vm-create → menu

limits
  ACC-014.1  median(guest.boot) <= 240 s
  ACC-014.2  ratio(guest.vm / bare.article) <= 1.25
  INFO.1     silence(*.loader) <= 10 s               told, not judged
)");
}

TEST(Scenario, FitsABenchThatHasItsMediaAndConsoles) {
  const auto scenario = read_scenario(files / "compare.yaml", {});
  ASSERT_TRUE(scenario);
  BenchFile on = bench();
  EXPECT_EQ(lines_of(check_fit(*scenario, on)), "");
  on.media.clear();
  on.consoles.erase(on.consoles.begin());
  EXPECT_EQ(lines_of(check_fit(*scenario, on)),
            "compare.yaml:8:3: found the medium sd, expected one that bench apu-07 has: flash\n"
            "compare.yaml:9:3: found the medium sd, expected one that bench apu-07 has: flash\n"
            "compare.yaml:9:3: found the console com1, expected one that bench apu-07 has: com2\n"
            "compare.yaml:17:9: found the console com1, expected one that bench apu-07 has: com2\n");
}

}  // namespace
}  // namespace coldboot
