#include "harness/console/boot_watcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/text.hpp"
#include "tests/console/boot_text.hpp"
#include "tests/console/plan_of.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Instant at(Nanos time) {
  return Instant(time);
}

std::shared_ptr<const CompiledPlan> compiled(const BootPlan& plan) {
  auto result = CompiledPlan::compile(plan);
  EXPECT_TRUE(result) << (result ? "" : result.error().text());
  return *result;
}

std::string text_of(const Found& found) {
  const std::string name = std::visit(
      [](const auto& hit) {
        if constexpr (requires { hit.marker; }) {
          return hit.marker;
        } else {
          return "!" + hit.failure;
        }
      },
      found.hit);
  return found.held ? name + "?" : name;
}

std::vector<std::string> names(const std::vector<Found>& found) {
  std::vector<std::string> all;
  for (const Found& one : found) all.push_back(text_of(one));
  return all;
}

/// A boot under the watcher, fed by hand.
struct Bench {
  explicit Bench(const BootPlan& plan, ConsoleTiming timing = {}) : watcher(compiled(plan)) {
    watcher.add_console("com1", timing);
  }
  std::vector<std::string> say(Nanos time, std::string_view bytes, const std::string& console = "com1") {
    Chunk chunk;
    chunk.offset = offset[console];
    chunk.length = static_cast<std::uint32_t>(bytes.size());
    chunk.arrival = at(time);
    chunk.not_before = last[console];
    offset[console] += bytes.size();
    last[console] = at(time);
    found.clear();
    watcher.chunk(console, chunk, bytes, found);
    return names(found);
  }
  std::vector<std::string> on(Nanos time) {
    found.clear();
    watcher.power_on(at(time), found);
    return names(found);
  }
  std::vector<std::string> tick(Nanos time) {
    found.clear();
    watcher.tick(at(time), found);
    return names(found);
  }
  std::vector<std::string> typed(Nanos time, std::string_view bytes) {
    found.clear();
    watcher.sent("com1", bytes, at(time), found);
    return names(found);
  }
  std::vector<std::string> finish(Nanos time) {
    found.clear();
    watcher.finish(at(time), found);
    return names(found);
  }
  [[nodiscard]] MarkerHit hit(std::size_t i = 0) const { return std::get<MarkerHit>(found.at(i).hit); }
  [[nodiscard]] FailureHit failure(std::size_t i = 0) const { return std::get<FailureHit>(found.at(i).hit); }

  BootWatcher watcher;
  std::map<std::string, std::uint64_t> offset;
  std::map<std::string, Instant> last;
  std::vector<Found> found;
};

// --- the plan

TEST(CompiledPlan, NamesTheMarkerThatDoesNotExist) {
  auto menu = marker("menu", "Shell");
  menu.after = "kernal";
  const auto result = CompiledPlan::compile(plan_of({marker("kernel", "KDB"), menu}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().cause(), Cause::mistake);
  EXPECT_EQ(result.error().what(), "marker menu, after: there is no marker 'kernal'");
  EXPECT_EQ(result.error().hint(), "did you mean 'kernel'?");
}

TEST(CompiledPlan, NamesTheFailureWhosePatternIsWrong) {
  const auto result = CompiledPlan::compile(plan_of({}, {{.failure = "panic", .match = "("}}));
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().what(), testing::StartsWith("failure panic: in '('"));
}

// --- times

TEST(BootWatcher, CalculatesAMarkersTimeBackFromTheEndOfItsChunk) {
  const LineRate line;
  Bench bench(plan_of({marker("xen", "Xen")}), {line, {}});
  bench.say(1s, "...");
  EXPECT_THAT(bench.say(2s, "ab Xen 4.13\r\n"), ElementsAre("xen"));
  EXPECT_EQ(bench.hit().at, at(2s) - line.character_time() * 7);
  EXPECT_EQ(bench.hit().not_before, at(1s));
  EXPECT_EQ(bench.hit().begin, 6U);
  EXPECT_EQ(bench.hit().end, 9U);
  bench.say(2s + 1us, "Xen.............\n");
  EXPECT_EQ(bench.hit().at, at(2s)) << "never earlier than the read before";
}

TEST(BootWatcher, TakesTheChunksStampWhereNoRateIsDeclared) {
  Bench bench(plan_of({marker("xen", "Xen")}));
  bench.say(2s, "ab Xen 4.13\r\n");
  EXPECT_EQ(bench.hit().at, at(2s));
}

TEST(BootWatcher, TimesAHeldMatchByItsOwnLastByte) {
  Bench bench(plan_of({marker("bios", "BIOS version (?<bios>v[\\d.]+)")}));
  EXPECT_THAT(bench.say(1s, "BIOS version v4.10"), ElementsAre("bios?"));
  EXPECT_THAT(bench.say(2s, ".0.2"), ElementsAre("bios?"));
  EXPECT_THAT(bench.say(9s, "\r\n"), ElementsAre("bios"));
  EXPECT_EQ(bench.hit().at, at(2s));
  EXPECT_EQ(bench.hit().captures.at("bios"), "v4.10.0.2");
}

// --- what every boot has

TEST(BootWatcher, MarksPowerOnAndTheFirstAndLastByte) {
  const LineRate line;
  Bench bench(plan_of({}), {line, {}});
  EXPECT_THAT(bench.say(1s, "left over"), IsEmpty());
  EXPECT_THAT(bench.on(2s), ElementsAre("power-on"));
  EXPECT_EQ(bench.hit().at, at(2s));
  EXPECT_EQ(bench.hit().line, 0U);
  EXPECT_THAT(bench.say(3s, "PC"), ElementsAre("first-byte"));
  EXPECT_EQ(bench.hit().begin, 9U);
  EXPECT_EQ(bench.hit().at, at(3s) - line.character_time());
  EXPECT_THAT(bench.say(4s, " Engines"), IsEmpty());
  EXPECT_THAT(bench.finish(5s), ElementsAre("last-byte"));
  EXPECT_EQ(bench.hit().at, at(4s));
  EXPECT_EQ(bench.hit().end, 19U);
}

TEST(BootWatcher, FindsAFirstByteThatWasReadBeforeItHeardOfPowerOn) {
  Bench bench(plan_of({}));
  bench.say(1s, "stale");
  bench.say(3s, "PC");
  EXPECT_THAT(bench.on(2s), ElementsAre("power-on", "first-byte"));
  EXPECT_EQ(bench.hit(1).begin, 5U);
}

TEST(BootWatcher, MarksWhatWasTyped) {
  MarkerPlan create;
  create.name = "vm-create";
  create.sent = "xl create pfsense.cfg";
  auto up = marker("vm-up", "login");
  up.after = "vm-create";
  Bench bench(plan_of({create, up}));
  EXPECT_THAT(bench.say(1s, "login\r\n"), IsEmpty());
  EXPECT_THAT(bench.typed(2s, "xl list\r"), IsEmpty());
  EXPECT_THAT(bench.say(4s, "login\r\n"), IsEmpty()) << "nothing was typed yet, as far as it knows";
  EXPECT_THAT(bench.typed(3s, "xl create pfsense.cfg\r"), ElementsAre("vm-create", "vm-up"));
  EXPECT_EQ(bench.hit(0).line, 0U);
  EXPECT_EQ(bench.hit(1).at, at(4s));
}

TEST(BootWatcher, DoesNotTakeOurEchoForTheDut) {
  Bench bench(plan_of({marker("create", "xl create")}));
  bench.watcher.typing("com1", "xl create pf.cfg\r", 2);
  EXPECT_THAT(bench.say(1s, "# xl create pf"), IsEmpty());
  EXPECT_THAT(bench.say(2s, ".cfg\r\nParsing\r\nxl create\r\n"), ElementsAre("create"));
  EXPECT_EQ(bench.hit().line, 3U);
}

// --- after

TEST(BootWatcher, CountsAMarkerOnlyAfterTheOther) {
  auto menu = marker("menu", "8\\) Shell");
  menu.after = "kernel";
  Bench bench(plan_of({menu, marker("kernel", "KDB")}));
  EXPECT_THAT(bench.say(1s, "8) Shell\nKDB 8) Shell\n8) Shell\n"), ElementsAre("kernel", "menu", "menu"));
  EXPECT_EQ(bench.hit(1).line, 2U);
}

TEST(BootWatcher, ComparesMarkersOfTwoConsolesByTime) {
  auto vm = marker("vm", "up");
  vm.console = "guest";
  vm.after = "xen";
  Bench bench(plan_of({marker("xen", "Xen"), vm}));
  bench.say(1s, "up\n", "guest");
  EXPECT_THAT(bench.say(2s, "Xen\n"), ElementsAre("xen"));
  EXPECT_THAT(bench.say(3s, "up\n", "guest"), ElementsAre("vm"));
}

// --- quiet

TEST(BootWatcher, CountsAPromptOnceItHasBeenQuiet) {
  auto prompt = marker("prompt", "Enter an option: ");
  prompt.quiet = 200ms;
  Bench bench(plan_of({prompt}));
  EXPECT_THAT(bench.say(1s, "Enter an option: "), ElementsAre("prompt?"));
  EXPECT_EQ(bench.watcher.next_due(), at(1200ms));
  EXPECT_THAT(bench.say(1100ms, "\r\nMessage from syslogd\r\nEnter an option: "), ElementsAre("prompt?"));
  EXPECT_THAT(bench.tick(1299ms), IsEmpty());
  EXPECT_THAT(bench.tick(1300ms), ElementsAre("prompt"));
  EXPECT_EQ(bench.hit().at, at(1100ms));
  EXPECT_EQ(bench.hit().line, 3U);
  EXPECT_THAT(bench.say(2s, "8\r\n"), IsEmpty()) << "reported once";
  EXPECT_EQ(bench.watcher.next_due(), Instant::max());
}

TEST(BootWatcher, LetsTheNextByteConfirmAQuietMarker) {
  auto prompt = marker("prompt", "login: $");
  prompt.quiet = 200ms;
  Bench bench(plan_of({prompt}));
  bench.say(1s, "login: ");
  EXPECT_THAT(bench.say(2s, "root\r\nlogin: "), ElementsAre("prompt", "prompt?"));
  EXPECT_EQ(bench.hit().at, at(1s));
  EXPECT_THAT(bench.finish(2100ms), ElementsAre("last-byte"));
}

TEST(BootWatcher, CountsBlanksAfterAPromptAsPartOfTheQuiet) {
  auto prompt = marker("prompt", "option:");
  prompt.quiet = 200ms;
  Bench bench(plan_of({prompt}));
  EXPECT_THAT(bench.say(1s, "Enter an option:"), ElementsAre("prompt?"));
  EXPECT_THAT(bench.say(1001ms, " "), IsEmpty());
  EXPECT_EQ(bench.watcher.next_due(), at(1200ms));
  EXPECT_THAT(bench.tick(1200ms), ElementsAre("prompt"));
  EXPECT_THAT(bench.say(2s, "\r\noption: "), ElementsAre("prompt?")) << "all in one piece";
  EXPECT_THAT(bench.say(2100ms, "8"), IsEmpty()) << "somebody typed at once";
  EXPECT_THAT(bench.finish(3s), ElementsAre("last-byte"));
}

TEST(BootWatcher, CountsBytesThatShowNothingAsPartOfTheQuiet) {
  auto prompt = marker("prompt", "option:");
  prompt.quiet = 200ms;
  for (const std::string_view nothing : {"\x18", "\x1b[6n", "\x1b[", " \t\a"}) {
    Bench bench(plan_of({prompt}));
    bench.say(1s, "Enter an option:");
    bench.say(1001ms, nothing);
    EXPECT_THAT(bench.tick(1200ms), ElementsAre("prompt")) << printable(nothing);
  }
}

TEST(BootWatcher, CountsAQuietMarkerAtTheEndOfTheRecord) {
  auto prompt = marker("prompt", "login: ");
  prompt.quiet = 200ms;
  Bench bench(plan_of({prompt}));
  bench.say(1s, "login: ");
  EXPECT_THAT(bench.finish(1200ms), ElementsAre("prompt", "last-byte"));
}

TEST(BootWatcher, JudgesQuietByTheLineWhereStampsAreCoarse) {
  auto prompt = marker("prompt", "Enter an option:");
  prompt.quiet = 200ms;
  Bench bench(plan_of({prompt}), {{}, 1s});
  EXPECT_THAT(bench.say(1s, "Enter an option: 8\n"), IsEmpty());
  EXPECT_THAT(bench.say(1s, "Enter an option: \n"), ElementsAre("prompt"));
  bench.say(1s, "Enter an option: ");
  EXPECT_THAT(bench.finish(1s), ElementsAre("prompt", "last-byte"));
}

TEST(BootWatcher, NeedsNoLineEndWhereTheSilenceIsLongerThanTheStampsAreCoarse) {
  auto prompt = marker("prompt", "Enter an option: ");
  prompt.quiet = 200ms;
  Bench bench(plan_of({prompt}), {{}, 1s});
  EXPECT_THAT(bench.say(1s, "Enter an option: "), ElementsAre("prompt?"));
  EXPECT_EQ(bench.watcher.next_due(), at(2200ms));
  EXPECT_THAT(bench.tick(2200ms), ElementsAre("prompt"));
  EXPECT_THAT(bench.say(3s, "8\nEnter an option: "), ElementsAre("prompt?")) << "reported once";
  EXPECT_THAT(bench.say(4s, "8\n"), IsEmpty()) << "it may have come at once, and the line goes on";
  bench.say(5s, "Enter an option: ");
  EXPECT_THAT(bench.say(6s, "\n"), ElementsAre("prompt"));
}

// --- the same sign of life, and boot loops

BootPlan loop_plan() {
  auto banner = marker("banner", "PC Engines apu2");
  banner.twice_within = 10s;
  return plan_of({banner, marker("dram", "DRAM")}, {{.failure = "boot-loop", .repeats = "banner"}});
}

TEST(BootWatcher, TakesADoubledSignOfLifeForOne) {
  Bench bench(loop_plan());
  EXPECT_THAT(bench.say(1s, "PC Engines apu2\r\n"), ElementsAre("banner"));
  EXPECT_THAT(bench.say(2s, "PC Engines apu2\r\n4080 MB DRAM\r\n"), ElementsAre("dram"));
  EXPECT_THAT(bench.say(20s, "services..PC Engines apu2\r\n"), ElementsAre("banner", "!boot-loop"));
  EXPECT_EQ(bench.failure(1).begin, bench.hit(0).begin);
  EXPECT_TRUE(bench.failure(1).fatal);
}

TEST(BootWatcher, GoesByOtherMarkersWhereStampsAreTooCoarse) {
  Bench bench(loop_plan(), {{}, 60s});
  EXPECT_THAT(bench.say(0s, "PC Engines apu2\nPC Engines apu2\n"), ElementsAre("banner"));
  EXPECT_THAT(bench.say(0s, "4080 MB DRAM\nPC Engines apu2\n"), ElementsAre("dram", "banner", "!boot-loop"));
}

// --- failures

TEST(BootWatcher, ReportsAFailureOncePerLineWithItsWholeLine) {
  Bench bench(plan_of({}, {{.failure = "panic", .match = "panic:"}}));
  EXPECT_THAT(bench.say(1s, "kernel panic: "), ElementsAre("!panic?"));
  EXPECT_THAT(bench.say(2s, "panic: twice\r\npanic: next"), ElementsAre("!panic", "!panic?"));
  EXPECT_EQ(bench.failure().text, "kernel panic: panic: twice");
  EXPECT_EQ(bench.failure().line, 1U);
  EXPECT_EQ(bench.failure().at, at(1s));
  EXPECT_THAT(bench.finish(3s), ElementsAre("!panic", "last-byte"));
}

TEST(BootWatcher, HeedsTheWindowOfAFailure) {
  FailurePlan dirty{.failure = "dirty", .match = "not properly dismounted"};
  dirty.after = "kernel";
  dirty.before = "menu";
  dirty.fatal = false;
  Bench bench(plan_of({marker("kernel", "KDB"), marker("menu", "Shell")}, {dirty}));
  const std::string line = "/ was not properly dismounted\n";
  EXPECT_THAT(bench.say(1s, line + "KDB\n" + line + "Shell\n" + line), ElementsAre("kernel", "!dirty", "menu"));
  EXPECT_EQ(bench.failure(1).line, 3U);
  EXPECT_FALSE(bench.failure(1).fatal);
}

TEST(BootWatcher, FindsSilence) {
  Bench bench(plan_of({}, {{.failure = "hang", .silent_for = 10s}}));
  bench.on(1s);
  EXPECT_EQ(bench.watcher.next_due(), at(11s));
  EXPECT_THAT(bench.say(2s, "PC"), ElementsAre("first-byte"));
  EXPECT_THAT(bench.tick(11s), IsEmpty());
  EXPECT_THAT(bench.tick(12s), ElementsAre("!hang"));
  EXPECT_EQ(bench.failure().at, at(12s));
  EXPECT_EQ(bench.watcher.next_due(), Instant::max()) << "told once";
  EXPECT_THAT(bench.say(13s, "\n"), IsEmpty());
  EXPECT_THAT(bench.say(30s, "late\n"), ElementsAre("!hang"));
  bench.watcher.power_off();
  EXPECT_THAT(bench.tick(100s), IsEmpty());
}

TEST(BootWatcher, ReportsThatTheShutdownWasDone) {
  BootPlan plan = plan_of({});
  plan.shutdown = ShutdownPlan{"menu", "6\r", "Uptime:", 60s};
  Bench bench(plan);
  EXPECT_THAT(bench.say(1s, "Uptime: 1m\r\n"), ElementsAre(builtin::shutdown_done));
}

// --- records

BootRecord record_of(const std::string& raw, std::size_t step, bool stamped) {
  BootRecord record;
  ConsoleRecord console;
  console.name = "com1";
  console.raw = raw;
  Instant last = at(0s);
  for (std::size_t i = 0; i < raw.size(); i += step) {
    Chunk chunk;
    chunk.offset = i;
    chunk.length = static_cast<std::uint32_t>(std::min(step, raw.size() - i));
    chunk.not_before = last;
    chunk.arrival = stamped ? last + 1s : Instant::max();
    chunk.stamped = stamped;
    if (stamped) last = chunk.arrival;
    console.chunks.push_back(chunk);
  }
  record.consoles.push_back(std::move(console));
  return record;
}

TEST(Watch, CountsAnUnstampedLogByItsText) {
  auto prompt = marker("prompt", "Enter an option: ");
  prompt.quiet = 200ms;
  auto banner = marker("banner", "PC Engines apu2");
  banner.twice_within = 10s;
  const auto plan =
      compiled(plan_of({banner, marker("dram", "DRAM"), prompt}, {{.failure = "loop", .repeats = "banner"}}));
  for (const std::size_t step : {1U, 7U, 100000U}) {
    const auto found = watch(record_of(synthetic_boot(), step, false), plan);
    EXPECT_THAT(names(found), ElementsAre("first-byte", "banner", "dram", "banner", "!loop", "prompt", "last-byte"));
    const auto hit = std::get<MarkerHit>(found[1].hit);
    EXPECT_FALSE(hit.stamped);
    EXPECT_EQ(hit.at, Instant::max());
    EXPECT_EQ(hit.not_before, at(0s));
  }
}

TEST(Watch, RepeatsPowerAndTypingFromTheEvents) {
  MarkerPlan create;
  create.name = "create";
  create.sent = "xl create";
  BootRecord record = record_of("# xl create\r\nxl create\r\n", 4, true);
  PowerSwitched on;
  on.wanted = Power::on;
  on.returned = at(500ms);
  record.events.push_back({1, at(500ms), 1, on});
  record.events.push_back({2, at(2500ms), 1, ConsoleSent{"com1", "xl create\r", 2}});
  record.events.push_back({3, at(60s), 1, BootEnded{}});
  const auto found = watch(record, compiled(plan_of({create, marker("echo", "xl create")})));
  EXPECT_THAT(names(found), ElementsAre("power-on", "first-byte", "create", "echo", "last-byte"));
  EXPECT_EQ(std::get<MarkerHit>(found[3].hit).line, 2U);
}

TEST(Watch, AcceptsARecordWhoseIndexIsLongerThanItsBytes) {
  BootRecord record = record_of("PC Engines apu2\r\n", 5, true);
  record.consoles[0].raw.resize(12);
  EXPECT_THAT(names(watch(record, compiled(plan_of({marker("pc", "PC E")})))),
              ElementsAre("first-byte", "pc", "last-byte"));
  EXPECT_THAT(watch(BootRecord{}, compiled(plan_of({}))), IsEmpty());
}

}  // namespace
}  // namespace coldboot
