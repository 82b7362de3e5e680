#include <algorithm>
#include <array>
#include <random>

#include <gtest/gtest.h>

#include "harness/measure/attributes.hpp"
#include "harness/measure/span_time.hpp"
#include "harness/measure/verdict.hpp"
#include "tests/measure/article_boots.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

TEST(MeasureBoot, GivesTheArticlesTimesWithTheBoundsOfTheirStamps) {
  const SpanTime bare = article_bare_metal().measure().spans.at(0);
  EXPECT_EQ(bare.duration, 82s);
  EXPECT_EQ(bare.lower, 81s);
  EXPECT_EQ(bare.upper, 83s);
  EXPECT_EQ(bare.budget.size(), 2U);
  const SpanTime xen = article_virtual_machine().measure().spans.at(0);
  EXPECT_EQ(xen.duration, 238s);
  EXPECT_EQ(xen.lower, 238s);
  EXPECT_EQ(xen.upper, 239s);
}

TEST(MeasureBoot, NamesTheArticlesSilence) {
  const BootResult xen = article_virtual_machine().measure();
  ASSERT_GE(xen.silences.size(), 2U);
  EXPECT_EQ(xen.silences[0].length, 134s);
  EXPECT_EQ(xen.silences[0].before, "Finish /boot/loader.conf.local");
  EXPECT_EQ(xen.silences[0].after, "/");
  EXPECT_EQ(xen.silences[0].line_before, 4U);
  EXPECT_EQ(xen.silences[0].span, "loader");
  EXPECT_EQ(xen.silences[1].length, 69s);
  EXPECT_EQ(xen.silences[1].span, "boot");
  EXPECT_EQ(xen.silences.size(), 5U);
  EXPECT_EQ(xen.spans[1].silence, 134s);
}

TEST(MeasureBoot, CountsTheSilenceBeforeTheFirstByte) {
  const BootResult boot = BootBuilder().power_on().says(9, "hello").measure();
  ASSERT_EQ(boot.silences.size(), 1U);
  EXPECT_EQ(boot.silences[0].length, 9s);
  EXPECT_EQ(boot.silences[0].before, "");
  EXPECT_EQ(boot.silences[0].after, "hello");
}

PowerSwitched switched(Power wanted, double seconds, bool aside = false) {
  PowerSwitched power;
  power.wanted = wanted;
  power.sent = power.returned = BootBuilder::at(seconds);
  power.aside = aside;
  return power;
}

TEST(MeasureBoot, IsNotWhatTheBoardSaysOfAnotherFirmwareAfterwards) {
  BootBuilder boot;
  boot.power_on().says(1, "mine", "banner").says(2, "login");
  boot.event(3, switched(Power::off, 3)).event(30, switched(Power::on, 30, true));
  boot.says(31, "golden", "banner").fails(31, "panic").event(32, switched(Power::off, 32, true));
  const Chunk last = boot.record().consoles[0].chunks.back();
  boot.hits().markers.push_back({.marker = builtin::last_byte, .console = "com1", .line = 3, .at = last.arrival});
  const BootResult result = boot.span("all", builtin::power_on, builtin::last_byte).measure();
  EXPECT_EQ(result.spans.at(0).duration, 2s);
  EXPECT_TRUE(result.failures.empty());
  EXPECT_EQ(std::ranges::count(result.markers, "banner", &MarkerHit::marker), 1);
  EXPECT_EQ(result.markers.back().marker, builtin::last_byte);
  EXPECT_EQ(result.markers.back().line, 2U);
  for (const Silence& silence : result.silences) EXPECT_LE(silence.length, 1s) << silence.before;
}

TEST(MeasureBoot, RanTheLastImageOfEachMediumThatWasThereBeforePower) {
  const auto firmware = [](const std::string& image, ChipOutcome outcome) {
    FirmwarePut put;
    put.image = image;
    put.outcome = outcome;
    return put;
  };
  BootBuilder boot;
  boot.event(-9, firmware("golden.rom", ChipOutcome::restored)).event(-8, firmware("new.rom", ChipOutcome::written));
  boot.event(-7, MediumPut{"sd", "card.img", "", {}}).power_on();
  boot.event(9, firmware("golden.rom", ChipOutcome::restored));
  const BootResult result = boot.measure();
  ASSERT_EQ(result.images.size(), 4U);
  EXPECT_FALSE(result.images[0].ran);
  EXPECT_TRUE(result.images[1].ran);
  EXPECT_TRUE(result.images[2].ran);
  EXPECT_FALSE(result.images[3].ran);
}

TEST(MeasureBoot, ClaimsNoSilenceWhereTextWithoutStampMayHaveCome) {
  BootBuilder boot;
  boot.says(0, "a").says_between(BootBuilder::at(0), BootBuilder::at(100), "b").says(100, "c");
  EXPECT_TRUE(boot.measure().silences.empty());
}

TEST(Attributes, KnowAFirmwaresVersionInALineByItsLastWord) {
  EXPECT_TRUE(names_version("BIOS version v4.15.0.1", "4.15-v4.15.0.1"));
  EXPECT_TRUE(names_version("coreboot-4.11 Mon Jan  3 starting", "4.11"));
  EXPECT_FALSE(names_version("BIOS version v4.15.0.10", "4.15-v4.15.0.1"));
  EXPECT_FALSE(names_version("BIOS version v4.15", "4.15-v4.15.0.1"));
  EXPECT_FALSE(names_version("anything", ""));
}

TEST(MeasureBoot, PutsEveryKnownDoubtIntoTheBudget) {
  PowerSwitched power;
  power.sent = BootBuilder::at(-0.002);
  power.returned = BootBuilder::at(0);
  power.device_delay = 10ms;
  BootBuilder boot;
  boot.power_on(power).says(60, "menu", "menu").span("boot", "power-on", "menu");
  MeasureInputs inputs;
  inputs.supply_delay = 20ms;
  inputs.stamp_terms = {{"USB latency timer", 16ms}};
  inputs.clock_ppm = 50;
  const SpanTime time = boot.measure(inputs).spans.at(0);
  EXPECT_EQ(time.duration, 60s);
  EXPECT_EQ(time.lower, 60s - 10ms - 20ms - 16ms - 3ms);
  EXPECT_EQ(time.upper, 60s + 2ms + 3ms);
  EXPECT_EQ(time.budget.size(), 5U);
}

TEST(MeasureBoot, HasNoDoubtWhereThereIsNone) {
  const SpanTime time =
      BootBuilder().power_on().says(60, "menu", "menu").span("boot", "power-on", "menu").measure().spans.at(0);
  EXPECT_EQ(time.lower, 60s);
  EXPECT_EQ(time.upper, 60s);
  EXPECT_TRUE(time.budget.empty());
}

TEST(ExpandedUncertainty, IsThatOfTheWorkedExample) {
  // Relay 10 ms, supply 20 ms, USB frame 1 ms, latency timer 16 ms, wake-up +-1.73 ms, clock +-3 ms: u_c 8.190 ms.
  const std::vector<UncertaintyTerm> budget{{"relay", 10ms}, {"rise", 20ms},         {"usb", 1ms},
                                            {"ftdi", 16ms},  {"wake-up", 3464102ns}, {"clock", 6ms}};
  EXPECT_NEAR(seconds(expanded_uncertainty(budget)), 0.01638, 0.00001);
}

TEST(MeasureBoot, TakesTheFirstEndAfterTheFirstStart) {
  BootBuilder boot;
  boot.says(1, "menu", "menu")
      .says(2, "kernel", "kernel")
      .says(5, "kernel", "kernel")
      .says(7, "menu", "menu")
      .says(9, "menu", "menu");
  boot.span("late", "kernel", "menu").span("again", "kernel", "kernel").span("first", "first-byte", "menu");
  const auto spans = boot.measure().spans;
  EXPECT_EQ(spans[0].duration, 5s);
  EXPECT_EQ(spans[1].duration, 3s);
  EXPECT_EQ(spans[2].duration, 0s);
}

TEST(MeasureBoot, BoundsAnEndThatHasNoStamp) {
  BootBuilder boot;
  boot.says(0, "a", "a").says_between(BootBuilder::at(10), BootBuilder::at(14), "b", "b").span("ab", "a", "b");
  const SpanTime bounded = boot.measure().spans.at(0);
  EXPECT_EQ(bounded.duration, 14s);
  EXPECT_EQ(bounded.lower, 10s);
  EXPECT_EQ(bounded.upper, 14s);

  BootBuilder open;
  open.says(0, "a", "a").says_between(BootBuilder::at(10), Instant::max(), "b", "b").span("ab", "a", "b");
  const SpanTime longer = open.measure().spans.at(0);
  EXPECT_TRUE(longer.censored);
  EXPECT_EQ(longer.duration, 10s);
  EXPECT_EQ(longer.missing, "");
}

TEST(MeasureBoot, KeepsAMissedDeadlineAsLongerThan) {
  BootBuilder boot;
  boot.power_on().says(3, "hello").span("boot", "power-on", "menu").span("never", "loader", "menu");
  boot.step(0, 600, "expect menu within 600 s", Verdict::fail, Fault(Cause::timeout, "com1", "no menu in 600 s"));
  const BootResult result = boot.measure();
  EXPECT_TRUE(result.spans[0].censored);
  EXPECT_EQ(result.spans[0].duration, 600s);
  EXPECT_EQ(result.spans[0].missing, "menu");
  EXPECT_FALSE(result.spans[1].duration);
  EXPECT_EQ(result.spans[1].missing, "loader");
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_EQ(result.reason_type, "deadline");
  EXPECT_EQ(result.reason, "expect menu within 600 s: com1: no menu in 600 s");
  EXPECT_EQ(result.steps.at(0).took, 600s);
}

TEST(MeasureBoot, TellsHowLongPowerHadBeenOff) {
  BootBuilder boot;
  boot.event(-12, PowerSwitched{Power::off, BootBuilder::at(-12), BootBuilder::at(-11), {}, 1, {}});
  boot.power_on({.sent = BootBuilder::at(-1), .returned = BootBuilder::at(0)});
  const BootResult result = boot.measure();
  EXPECT_EQ(result.off_for, 10s);
  EXPECT_EQ(result.started, BootBuilder::at(0));
}

TEST(MeasureBoot, KeepsTheTailOfTheConsoleCleanAndShort) {
  BootBuilder boot;
  for (int i = 1; i <= 50; ++i) boot.says(i, "\x1b[1mline " + std::to_string(i) + "\x01\xff");
  const std::string tail = boot.measure().tail;
  EXPECT_TRUE(tail.starts_with("line 11\\xff\n")) << tail;
  EXPECT_TRUE(tail.ends_with("line 50\\xff\n"));
  EXPECT_EQ(std::ranges::count(tail, '\n'), 40);
}

TEST(MeasureBoot, GivesTheSameResultHoweverTheBytesWereSplit) {
  const BootBuilder whole = article_virtual_machine();
  const BootResult expected = whole.measure();
  std::mt19937 random(5);
  for (int repeat = 0; repeat < 20; ++repeat) {
    BootBuilder split = whole;
    std::vector<Chunk> pieces;
    for (Chunk chunk : split.record().consoles.front().chunks) {
      while (chunk.length > 0) {
        Chunk piece = chunk;
        piece.length = 1 + static_cast<std::uint32_t>(random() % chunk.length);
        chunk.offset += piece.length;
        chunk.length -= piece.length;
        pieces.push_back(piece);
      }
    }
    split.record().consoles.front().chunks = pieces;
    const BootResult result = split.measure();
    ASSERT_EQ(result.silences.size(), expected.silences.size());
    for (std::size_t i = 0; i < result.silences.size(); ++i) {
      EXPECT_EQ(result.silences[i].length, expected.silences[i].length);
      EXPECT_EQ(result.silences[i].before, expected.silences[i].before);
      EXPECT_EQ(result.silences[i].after, expected.silences[i].after);
    }
    for (std::size_t i = 0; i < result.spans.size(); ++i) {
      EXPECT_EQ(result.spans[i].duration, expected.spans[i].duration);
      EXPECT_EQ(result.spans[i].silence, expected.spans[i].silence);
    }
    EXPECT_EQ(result.tail, expected.tail);
  }
}

struct VerdictCase {
  const char* name;
  BootBuilder boot;
  Verdict verdict;
  const char* type;
};

const Fault no_menu(Cause::timeout, "com1", "no menu in 600 s");

BootBuilder alive() {
  BootBuilder boot;
  boot.power_on().says(1, "hello");
  return boot;
}

BootBuilder cut_off(BootBuilder boot) {
  boot.record().cut_off = true;
  return boot;
}

TEST(BootVerdict, FollowsThePrecedence) {
  PowerSwitched proven;
  proven.read_back = Power::on;
  const std::vector<VerdictCase> cases{
      {"nothing wrong", alive().step(0, 1, "expect menu"), Verdict::pass, ""},
      {"deadline", alive().step(0, 1, "expect menu", Verdict::fail, no_menu), Verdict::fail, "deadline"},
      {"panic beats a later success", alive().fails(2, "panic").step(0, 9, "expect menu"), Verdict::fail, "panic"},
      {"a tag is no failure", alive().fails(2, "dirty-fs", false).step(0, 9, "expect menu"), Verdict::pass, ""},
      {"the bench beats the DUT",
       alive().fails(2, "panic").event(3, FaultSeen{Fault(Cause::disk_full, "record", "full")}), Verdict::error,
       "disk-full"},
      {"console lost", alive().event(3, ConsoleLost{"com1", "hung up"}), Verdict::error, "console-lost"},
      {"bytes lost by the port", alive().event(1, ConsoleErrors{"com1", 1, 0, 0, 0}), Verdict::error, "io"},
      {"bytes garbled", alive().event(3, ConsoleErrors{"com1", 0, 0, 1, 0}), Verdict::error, "io"},
      {"noise as power comes on", alive().event(0.5, ConsoleErrors{"com1", 0, 0, 3, 3}), Verdict::pass, ""},
      {"noise before power came on", alive().event(-1, ConsoleErrors{"com1", 2, 0, 3, 0}), Verdict::pass, ""},
      {"noise as power goes",
       alive()
           .event(8, PowerSwitched{Power::off, BootBuilder::at(7), BootBuilder::at(8), {}, 1, {}})
           .event(7.5, ConsoleErrors{"com1", 0, 0, 3, 0}),
       Verdict::pass, ""},
      {"console lost after power off",
       alive()
           .event(8, PowerSwitched{Power::off, BootBuilder::at(8), BootBuilder::at(8), {}, 1, {}})
           .event(9, ConsoleLost{"com1", ""}),
       Verdict::pass, ""},
      {"step of the bench", alive().step(0, 1, "power-on", Verdict::error, Fault(Cause::lost, "relay", "gone")),
       Verdict::error, "lost"},
      {"the DUT's own fault", alive().event(3, FaultSeen{Fault(Cause::dut, "com1", "panic")}), Verdict::fail, "dut"},
      {"no byte, power unproven", BootBuilder().power_on().step(0, 1, "expect menu", Verdict::fail, no_menu),
       Verdict::error, "no-sign-of-life"},
      {"no byte, power proven", BootBuilder().power_on(proven).step(0, 1, "expect menu", Verdict::fail, no_menu),
       Verdict::fail, "no-sign-of-life"},
      {"stopped", alive().fails(2, "panic").event(3, StopRequested{"SIGINT", 2}), Verdict::aborted, "stopped"},
      {"cut off", cut_off(alive().event(3, ConsoleLost{"com1", ""})), Verdict::aborted, "cut-off"},
      {"step that never ended", alive().event(3, StepStarted{0, "expect menu"}), Verdict::aborted, "stopped"},
      {"undecided", alive().step(0, 1, "ready", Verdict::inconclusive, Fault(Cause::protocol, "", "?")),
       Verdict::inconclusive, "protocol"},
  };
  for (const VerdictCase& one : cases) {
    const BootResult result = one.boot.measure();
    EXPECT_EQ(result.verdict, one.verdict) << one.name << ": " << result.reason;
    EXPECT_EQ(result.reason_type, one.type) << one.name;
    EXPECT_EQ(result.reason.empty(), one.verdict == Verdict::pass) << one.name;
  }
}

struct AgreeCase {
  const char* declared;
  const char* observed;
  bool agree;
};

TEST(Attributes, AgreeWhenTheySpeakOfTheSame) {
  constexpr std::array cases{
      AgreeCase{"v4.10.0.2", "v4.10.0.2", true},
      AgreeCase{"v4.10.0.2", "4.10.0.2", true},
      AgreeCase{"v4.10.0.2", "v4.10.0.1", false},
      AgreeCase{"v4.10", "v4.10.0.2", false},
      AgreeCase{"pfSense 2.4.4-p3", "2.4.4-RELEASE-p3", true},
      AgreeCase{"pfSense 2.4.4", "2.4.4-RELEASE-p3", false},
      AgreeCase{"pfSense 2.4.4", "2.4.4", true},
      AgreeCase{"pfSense 2.4.4", "OPNsense 2.4.4", false},
      AgreeCase{"Xen 4.13", "xen 4.13", true},
      AgreeCase{"SanDisk Ultra 16GB", "SanDisk Ultra 32GB", false},
      AgreeCase{"---", "-", false},
  };
  for (const AgreeCase& one : cases) {
    EXPECT_EQ(attributes_agree(one.declared, one.observed), one.agree) << one.declared << " / " << one.observed;
    EXPECT_EQ(attributes_agree(one.observed, one.declared), one.agree) << one.observed << " / " << one.declared;
  }
}

TEST(MeasureBoot, SetsObservedBesideDeclared) {
  BootBuilder boot;
  boot.says(1, "BIOS version v4.10.0.1", "bios");
  boot.hits().markers.back().captures["version"] = "v4.10.0.1";
  boot.plan().observe = {{"firmware", "version"}, {"board", "model"}};
  MeasureInputs inputs;
  inputs.declared = {{"firmware", "v4.10.0.2"}, {"drive", "SanDisk"}};
  const auto table = boot.measure(inputs).attributes;
  ASSERT_EQ(table.size(), 2U);
  EXPECT_EQ(table[0].name, "drive");
  EXPECT_TRUE(table[0].agrees);
  EXPECT_EQ(table[1].observed, "v4.10.0.1");
  EXPECT_FALSE(table[1].agrees);
}

TEST(ExitStatus, IsTheOneCiSystemsAreTold) {
  EXPECT_EQ(exit_status(Verdict::pass), 0);
  EXPECT_EQ(exit_status(Verdict::fail), 1);
  EXPECT_EQ(exit_status(Cause::mistake), 2);
  EXPECT_EQ(exit_status(Verdict::error), 3);
  EXPECT_EQ(exit_status(Verdict::inconclusive), 4);
  EXPECT_EQ(exit_status(Verdict::skipped), 5);
  EXPECT_EQ(exit_status(Cause::busy), 75);
  EXPECT_EQ(exit_status(Verdict::aborted, 2), 130);
}

}  // namespace
}  // namespace coldboot
