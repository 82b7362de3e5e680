#include "harness/import/import_log.hpp"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ImportedLog read(std::string_view bytes, const ImportOptions& options = {}) {
  auto log = import_log(bytes, "boot.log", options);
  EXPECT_TRUE(log.has_value()) << log.error().text();
  return log.value();
}

const ConsoleRecord& console(const ImportedLog& log) {
  return log.record.consoles.front();
}

/// Milliseconds from the origin for each chunk; -1 for a line without a time of its own.
std::vector<long> times(const ImportedLog& log) {
  std::vector<long> found;
  for (const Chunk& chunk : console(log).chunks) {
    found.push_back(chunk.stamped ? static_cast<long>((chunk.arrival - log.origin) / 1ms) : -1);
  }
  return found;
}

struct FormatCase {
  std::string name;
  std::string log;
  StampForm form;
  Nanos resolution;
  std::vector<long> times;  ///< from the first stamp
  std::string raw;
};

class Formats : public testing::TestWithParam<FormatCase> {};

TEST_P(Formats, AreRecognisedAndTakenOffTheText) {
  const auto log = read(GetParam().log);
  EXPECT_EQ(name_of(log.scheme.source.form), name_of(GetParam().form)) << log.description;
  EXPECT_EQ(console(log).resolution, GetParam().resolution);
  EXPECT_EQ(times(log), GetParam().times);
  EXPECT_EQ(console(log).raw, GetParam().raw);
}

INSTANTIATE_TEST_SUITE_P(
    Tools, Formats,
    testing::Values(
        FormatCase{
            "clock", "[09:47:49] a\n[09:47:51]\n[09:47:52] b\n", StampForm::clock, 1s, {0, 2000, 3000}, "a\n\nb\n"},
        FormatCase{"stopwatch", "00:00:06 a\n00:00:10 b\n", StampForm::clock, 1s, {0, 4000}, "a\nb\n"},
        FormatCase{"tio", "[10:20:30.100] a\n[10:20:30.250] b\n", StampForm::clock, 1ms, {0, 150}, "a\nb\n"},
        FormatCase{"tio_iso8601",
                   "[2024-02-28T23:59:59.900] a\n[2024-02-29T00:00:00.100] b\n",
                   StampForm::date_time,
                   1ms,
                   {0, 200},
                   "a\nb\n"},
        FormatCase{"minicom",
                   "[2019-11-06 09:47:49] a\n[2019-11-06 09:47:50] b\n",
                   StampForm::date_time,
                   1s,
                   {0, 1000},
                   "a\nb\n"},
        FormatCase{"utc",
                   "2019-11-06T09:47:49.5Z a\n2019-11-06T09:47:50.0Z b\n",
                   StampForm::date_time,
                   100ms,
                   {0, 500},
                   "a\nb\n"},
        FormatCase{"ts", "Nov 22 10:20:30 a\nNov 22 10:20:31 b\n", StampForm::month_day, 1s, {0, 1000}, "a\nb\n"},
        FormatCase{
            "ts_new_year", "Dec 31 23:59:59 a\nJan  1 00:00:01 b\n", StampForm::month_day, 1s, {0, 2000}, "a\nb\n"},
        FormatCase{
            "ts_leap_day", "Feb 29 23:59:59 a\nMar  1 00:00:01 b\n", StampForm::month_day, 1s, {0, 2000}, "a\nb\n"},
        FormatCase{"ts_s_seconds", "0.000100 a\n1.000100 b\n", StampForm::seconds, 1us, {0, 1000}, "a\nb\n"},
        FormatCase{
            "ts_epoch", "1574415229.250000 a\n1574415230.250000 b\n", StampForm::seconds, 1us, {0, 1000}, "a\nb\n"},
        FormatCase{"grabserial",
                   "[0.000002 0.000002] a\n[0.007002 0.007000] b\n",
                   StampForm::grabserial,
                   1us,
                   {0, 7},
                   "a\nb\n"},
        FormatCase{"grabserial_clock",
                   "[09:07:47.330944 0.007000] a\n[09:07:47.340944 0.010000] b\n",
                   StampForm::grabserial,
                   1us,
                   {0, 10},
                   "a\nb\n"},
        FormatCase{"printk",
                   "[    0.000000] a\n[    1.500000] b\n",
                   StampForm::printk,
                   1us,
                   {0, 1500},
                   "[    0.000000] a\n[    1.500000] b\n"},
        FormatCase{"uptime", "[10] a\n[12] b\n", StampForm::uptime, 1s, {0, 2000}, "[10] a\n[12] b\n"},
        FormatCase{"host_before_printk",
                   "[10:20:30] [    0.000000] a\n[10:20:32] [    1.500000] b\n",
                   StampForm::clock,
                   1s,
                   {0, 2000},
                   "[    0.000000] a\n[    1.500000] b\n"},
        FormatCase{"two_hosts",
                   "10:20:30 [2019-11-06 09:47:49] a\n10:20:32 [2019-11-06 09:47:50] b\n",
                   StampForm::clock,
                   1s,
                   {0, 2000},
                   "a\nb\n"},
        FormatCase{"windows_lines",
                   "[10:20:30] a\r\n[10:20:31]\r\n[10:20:32] b\n",
                   StampForm::clock,
                   1s,
                   {0, 1000, 2000},
                   "a\r\n\r\nb\n"},
        FormatCase{
            "byte_order_mark", "\xef\xbb\xbf[10:20:30] a\n[10:20:31] b\n", StampForm::clock, 1s, {0, 1000}, "a\nb\n"},
        FormatCase{"no_last_newline", "[10:20:30] a\n[10:20:31] b", StampForm::clock, 1s, {0, 1000}, "a\nb"},
        FormatCase{"none", "a\nb\n", StampForm::none, 0s, {-1, -1}, "a\nb\n"}),
    [](const auto& test) { return test.param.name; });

TEST(Import, TakesAnEmptyFile) {
  const auto log = read("");
  EXPECT_TRUE(console(log).chunks.empty());
  EXPECT_TRUE(log.lines.empty());
  EXPECT_EQ(log.line_of(0), 0U);
}

TEST(Import, BoundsALineWithoutAStampByItsNeighbours) {
  const auto log = read("before\n[10:00:00] a\nbetween\nstill\n[10:00:05] b\n[10:00:06] c\nafter\n");
  const auto& chunks = console(log).chunks;
  EXPECT_EQ(times(log), (std::vector<long>{-1, 0, -1, -1, 5000, 6000, -1}));
  EXPECT_EQ(chunks[0].not_before, Instant{}) << "nothing is known";
  EXPECT_EQ(chunks[0].arrival, log.origin);
  EXPECT_EQ(chunks[2].not_before, log.origin);
  EXPECT_EQ(chunks[2].arrival, log.origin + 5s);
  EXPECT_EQ(chunks[3].arrival, log.origin + 5s);
  EXPECT_EQ(chunks[6].not_before, log.origin + 6s);
  EXPECT_EQ(chunks[6].arrival, Instant::max());
}

TEST(Import, KnowsNoTimeInALogWithoutStamps) {
  const auto log = read("a\nb\n");
  for (const Chunk& chunk : console(log).chunks) {
    EXPECT_FALSE(chunk.stamped);
    EXPECT_EQ(chunk.arrival, Instant::max());
  }
  EXPECT_THAT(log.description, HasSubstr("without times"));
}

TEST(Import, BelievesABracketedStampForTheFirstByteAndABareOneForTheLast) {
  const auto terminal = read("[10:00:00] a\n[10:00:05] b\n");
  EXPECT_EQ(terminal.stamped_byte, StampedByte::first);
  EXPECT_EQ(console(terminal).chunks[1].not_before, terminal.origin + 5s);
  const auto ts = read("00:00:00 a\n00:00:05 b\n");
  EXPECT_EQ(ts.stamped_byte, StampedByte::last);
  EXPECT_EQ(console(ts).chunks[1].not_before, ts.origin);
  EXPECT_EQ(read("00:00:00 a\n", {.stamped_byte = StampedByte::first}).stamped_byte, StampedByte::first);
}

TEST(Import, CountsFromTheStopwatchsZeroWhenAsked) {
  const auto log = read("00:00:06 a\n00:00:10 b\n", {.origin = LogOrigin::stamp_zero});
  EXPECT_EQ(times(log), (std::vector<long>{6000, 10000}));
  ASSERT_EQ(log.record.events.size(), 3U);
  const auto* power = std::get_if<PowerSwitched>(&log.record.events.back().body);
  ASSERT_NE(power, nullptr) << "whoever chose that origin says that power came on then";
  EXPECT_EQ(power->returned, log.origin);
  EXPECT_EQ(read("00:00:06 a\n").record.events.size(), 2U);
  EXPECT_THAT(read("00:00:06 a\n00:00:10 b\n").notes, ElementsAre(HasSubstr("stopwatch")));
}

TEST(Import, RefusesAZeroAtWhichNoPowerCameOn) {
  for (const std::string bytes :
       {"[2019-11-06 09:47:49] a\n", "Nov 22 10:20:30 a\n", "1574415229.25 a\n", "[    0.000000] a\n", "a\n"}) {
    const auto log = import_log(bytes, "boot.log", {.origin = LogOrigin::stamp_zero});
    ASSERT_TRUE(log.has_error()) << bytes;
    EXPECT_EQ(log.error().cause(), Cause::mistake);
  }
}

TEST(Import, GoesOnAfterMidnight) {
  const auto log = read("[23:59:58] a\n[00:00:01] b\n[00:00:02] c\n");
  EXPECT_EQ(times(log), (std::vector<long>{0, 3000, 4000}));
  EXPECT_THAT(log.notes, ElementsAre(HasSubstr("line 2: midnight")));
}

TEST(Import, TakesNoMidnightForMoreThanADay) {
  const auto log = read("80:00:06 a\n00:02:03 b\n00:03:58 c\n");
  EXPECT_EQ(times(log), (std::vector<long>{0, -1, 115000}));
  EXPECT_THAT(log.notes, ElementsAre(HasSubstr("line 2: the clock was set back")));
}

TEST(Import, GoesOnWhereTheClockWasSetBackAndSaysSo) {
  const auto log = read("[10:00:00] a\n[10:00:10] b\n[09:30:00] c\n[09:30:04] d\n");
  EXPECT_EQ(times(log), (std::vector<long>{0, 10000, -1, 14000})) << "the pause before c is not known";
  EXPECT_THAT(log.notes, ElementsAre(HasSubstr("line 3: the clock was set back by 1810.000 s")));
}

TEST(Import, LeavesOutAStampThatFitsNeitherNeighbour) {
  EXPECT_EQ(times(read("[10:00:00] a\n[18:00:00] b\n[10:00:02] c\n")), (std::vector<long>{0, -1, 2000}));
  EXPECT_EQ(times(read("[10:00:00] a\n[09:00:00] b\n[10:00:02] c\n[10:00:02] d\n")),
            (std::vector<long>{0, -1, 2000, 2000}));
}

TEST(Import, TakesASmallStepBackAsTheSameInstant) {
  const auto log = read("[10:00:05.100] a\n[10:00:05.090] b\n[10:00:05.200] c\n[10:00:05.300] d\n");
  EXPECT_EQ(times(log), (std::vector<long>{0, 0, 100, 200}));
}

TEST(Import, KnowsNoTimeAfterAKernelsClockStartsOver) {
  const auto log = read("[    4.250000] a\n[    4.500000] b\n[    0.000000] c\n[    0.100000] d\n[    5.000000] e\n");
  EXPECT_EQ(times(log), (std::vector<long>{0, 250, -1, -1, -1}));
  EXPECT_EQ(console(log).chunks[4].not_before, log.origin + 250ms);
  EXPECT_EQ(console(log).chunks[4].arrival, Instant::max());
  EXPECT_THAT(log.notes, ElementsAre(HasSubstr("line 3: the kernel's clock starts over")));
}

TEST(Import, DoesNotMindAKernelStartingOverBehindHostStamps) {
  const auto log = read("[10:00:00] [    4.250000] a\n[10:00:01] [    0.000000] b\n");
  EXPECT_EQ(times(log), (std::vector<long>{0, 1000}));
  EXPECT_THAT(log.notes, IsEmpty());
}

TEST(Import, AddsUpTimesSinceThePreviousLine) {
  const std::string deltas =
      "[00:00:00.000] a\n[00:00:00.300] b\n[00:00:00.100] c\n[00:00:02.000] d\n[00:00:00.000] e\n"
      "[00:00:00.500] f\n[00:00:00.100] g\n";
  const auto log = read(deltas);
  EXPECT_TRUE(log.scheme.since_previous);
  EXPECT_EQ(times(log), (std::vector<long>{0, 300, 400, 2400, 2400, 2900, 3000}));
  const auto forced = read("1.500000 a\n2.500000 b\n", {.stamps = {.form = {}, .since_previous = true}});
  EXPECT_EQ(times(forced), (std::vector<long>{0, 2500}));
}

TEST(Import, DoesNotTakeTimesInTheConsolesOwnTextForStamps) {
  const auto log = read("boot\nNov 22 10:20:30 pfSense syslogd\na\nb\nc\nd\n");
  EXPECT_EQ(log.scheme.source.form, StampForm::none);
  EXPECT_EQ(console(log).raw, "boot\nNov 22 10:20:30 pfSense syslogd\na\nb\nc\nd\n");
  EXPECT_THAT(log.notes, ElementsAre(HasSubstr("1 of 6 lines")));
}

TEST(Import, DoesNotBelieveTimesThatRunBackwards) {
  const auto log = read("10:00:09 a\n10:00:07 b\n10:00:05 c\n10:00:03 d\n");
  EXPECT_EQ(log.scheme.source.form, StampForm::none);
  EXPECT_THAT(log.notes, ElementsAre(HasSubstr("run backwards")));
}

TEST(Import, KeepsADutsClockBehindTheHostsWhereOnlySomeLinesHaveOne) {
  const auto log = read("[10:00:00] a\n[10:00:00] b\n[10:00:00] c\n[10:00:00] 11:11:11 fsck\n");
  EXPECT_EQ(console(log).raw, "a\nb\nc\n11:11:11 fsck\n");
}

TEST(Import, ObeysAForcedFormat) {
  const std::string bytes = "[10:00:00] [    1.000000] a\n[10:00:09] [    2.000000] b\n";
  EXPECT_EQ(times(read(bytes, {.stamps = {.form = StampForm::printk}})), (std::vector<long>{0, 1000}));
  const auto none = read(bytes, {.stamps = {.form = StampForm::none}});
  EXPECT_EQ(console(none).raw, bytes);
  EXPECT_EQ(times(none), (std::vector<long>{-1, -1}));
  const auto rare = read("a\nb\nc\nd\n10:20:30 e\nf\n", {.stamps = {.form = StampForm::clock}});
  EXPECT_EQ(times(rare), (std::vector<long>{-1, -1, -1, -1, 0, -1}));
  const auto inner = read("10:20:30 [2019-11-06 09:47:49] a\n10:20:32 [2019-11-06 09:47:50] b\n",
                          {.stamps = {.form = StampForm::date_time}});
  EXPECT_EQ(times(inner), (std::vector<long>{0, 1000}));
  EXPECT_EQ(console(inner).raw, "a\nb\n");
  const auto wrong = import_log(bytes, "boot.log", {.stamps = {.form = StampForm::month_day}});
  ASSERT_TRUE(wrong.has_error());
  EXPECT_THAT(wrong.error().text(), HasSubstr("boot.log: no line begins with a month-day stamp"));
}

TEST(Import, SaysWhereAByteStandsInTheFile) {
  const auto log = read("[10:00:00] PC Engines apu2\n[10:00:01]\nbare\n[10:00:02] menu");
  const auto& raw = console(log).raw;
  EXPECT_EQ(log.place_of(0), "boot.log:1");
  EXPECT_EQ(log.place_of(raw.find("apu2")), "boot.log:1");
  EXPECT_EQ(log.place_of(raw.find("bare")), "boot.log:3");
  EXPECT_EQ(log.place_of(raw.find("menu")), "boot.log:4");
  EXPECT_EQ(log.lines.back().file_offset, std::string("[10:00:00] PC Engines apu2\n[10:00:01]\nbare\n").size());
}

TEST(Import, RefusesUtf16) {
  const auto log = import_log(std::string_view("\xff\xfe[\0001\0", 6), "boot.log");
  ASSERT_TRUE(log.has_error());
  EXPECT_THAT(log.error().hint(), HasSubstr("iconv"));
}

/// What must hold for any bytes at all.
void check_invariants(const std::string& bytes) {
  const auto result = import_log(bytes, "random");
  if (result.has_error()) {
    return;
  }
  const ImportedLog& log = result.value();
  const ConsoleRecord& record = console(log);
  std::uint64_t offset = 0;
  Instant last{};
  for (const Chunk& chunk : record.chunks) {
    ASSERT_EQ(chunk.offset, offset) << "no holes";
    ASSERT_GT(chunk.length, 0U);
    ASSERT_LE(chunk.not_before, chunk.arrival);
    ASSERT_LE(last, chunk.arrival) << "time never runs backwards";
    offset += chunk.length;
    last = chunk.arrival;
  }
  ASSERT_EQ(offset, record.raw.size());
  std::string rebuilt;
  for (std::size_t i = 0; i < log.lines.size(); ++i) {
    const auto& line = log.lines[i];
    const auto end = i + 1 < log.lines.size() ? log.lines[i + 1].raw_offset : record.raw.size();
    ASSERT_EQ(line.file_offset, rebuilt.size());
    rebuilt += bytes.substr(line.file_offset, line.prefix);
    rebuilt += record.raw.substr(line.raw_offset, end - line.raw_offset);
  }
  ASSERT_EQ(rebuilt, bytes);
  ASSERT_EQ(log.lines.size(), static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n')) +
                                  (bytes.empty() || bytes.back() == '\n' ? 0U : 1U));
}

TEST(ImportProperty, KeepsEveryByteWhateverTheLogHolds) {
  const std::vector<std::string> pieces{"[10:20:30] ",
                                        "23:59:59 ",
                                        "00:00:00 ",
                                        "[    0.000000] ",
                                        "[99999.999999] ",
                                        "Nov 22 10:20:30 ",
                                        "Feb 29 01:02:03 ",
                                        "\n",
                                        "\r\n",
                                        "\r",
                                        std::string(1, '\0'),
                                        "text",
                                        "2090-12-31T23:59:59.999999999-1400 ",
                                        "1970-01-01 00:00:00 ",
                                        "3999999999.999999999 ",
                                        "[0.5 0.5] ",
                                        "\xff",
                                        "["};
  std::mt19937 random(20191213);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes;
    for (std::size_t count = random() % 60; count > 0; --count) {
      bytes += pieces[random() % pieces.size()];
    }
    check_invariants(bytes);
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << "round " << round << ": " << testing::PrintToString(bytes);
  }
}

TEST(ImportProperty, KeepsEveryByteOfNoise) {
  std::mt19937 random(82);
  for (int round = 0; round < 300; ++round) {
    std::string bytes(random() % 4096, '\0');
    std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(random()); });
    check_invariants(bytes);
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << "round " << round;
  }
}

}  // namespace
}  // namespace coldboot
