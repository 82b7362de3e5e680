#include "harness/run/run.hpp"

#include <algorithm>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/event/run_record.hpp"
#include "harness/run/judge.hpp"
#include "tests/run/bench_on_disk.hpp"
#include "tests/run/quick_board.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

template <class Body>
std::vector<Body> bodies_of(const std::vector<Event>& events) {
  std::vector<Body> found;
  for (const Event& event : events) {
    if (const auto* body = std::get_if<Body>(&event.body)) found.push_back(*body);
  }
  return found;
}

RunRecord record_of(const RunOutcome& outcome) {
  auto record = read_run_folder(outcome.folder);
  if (!record) {
    ADD_FAILURE() << record.error().text();
    return {};
  }
  return std::move(*record);
}

/// Whatever happened, the last word on power must be "off, made safe".
void expect_bench_left_safe(const RunOutcome& outcome) {
  const RunRecord record = record_of(outcome);
  ASSERT_FALSE(record.boots.empty());
  const std::vector<Event>& events = record.boots.back().events;
  const auto switched = bodies_of<PowerSwitched>(events);
  ASSERT_FALSE(switched.empty());
  EXPECT_EQ(switched.back().wanted, Power::off);
  EXPECT_EQ(switched.back().read_back, Power::off);
  const auto safe = bodies_of<MadeSafe>(events);
  ASSERT_FALSE(safe.empty());
  EXPECT_TRUE(safe.back().done) << safe.back().what;
}

std::optional<Nanos> span_of(const BootResult& boot, const std::string& name) {
  for (const SpanTime& span : boot.spans) {
    if (span.name == name) return span.duration;
  }
  return std::nullopt;
}

TEST(Run, MeasuresABootToTheNanosecondInVirtualTime) {
  const BenchOnDisk bench;
  const RunOutcome outcome = bench.run();
  EXPECT_EQ(outcome.result.verdict, Verdict::pass) << outcome.result.reason;
  ASSERT_EQ(outcome.result.boots.size(), 1U);
  const BootResult& boot = outcome.result.boots[0];
  EXPECT_EQ(span_of(boot, "firmware"), 6s);
  EXPECT_EQ(span_of(boot, "system"), 6s);
  ASSERT_EQ(outcome.result.limits.size(), 1U);
  EXPECT_EQ(outcome.result.limits[0].verdict, Verdict::pass) << outcome.result.limits[0].detail;
  ASSERT_FALSE(boot.attributes.empty());
  EXPECT_EQ(boot.attributes[0].observed, "v4.10.0.2");
  EXPECT_TRUE(outcome.faults.empty());
  expect_bench_left_safe(outcome);
}

TEST(Run, MakesEveryBootOfEveryConfigurationInTurn) {
  const BenchOnDisk bench;
  RunRequest request = bench.request();
  request.scenario.boots = 3;
  Configuration other = request.scenario.configurations.front();
  other.name = "other";
  request.scenario.configurations.push_back(other);
  const RunOutcome outcome = BenchOnDisk::run(request);
  std::vector<std::string> order;
  for (const BootResult& boot : outcome.result.boots) order.push_back(boot.configuration);
  EXPECT_EQ(order, (std::vector<std::string>{"small", "other", "small", "other", "small", "other"}));
  EXPECT_EQ(outcome.result.verdict, Verdict::pass) << outcome.result.reason;
}

TEST(Run, KeepsPowerOffForAsLongAsTheBenchDemands) {
  const BenchOnDisk bench;
  const RunRecord record = record_of(bench.run());
  ASSERT_EQ(record.boots.size(), 1U);
  const auto switched = bodies_of<PowerSwitched>(record.boots[0].events);
  const auto on = std::find_if(switched.begin(), switched.end(), [](const auto& p) { return p.wanted == Power::on; });
  ASSERT_NE(on, switched.begin());
  ASSERT_NE(on, switched.end());
  EXPECT_GE(on->sent - switched.front().returned, 10s);
}

TEST(Run, GivesTheSameResultFromItsFolderAsLive) {
  const BenchOnDisk bench;
  const RunRequest request = bench.request();
  const RunOutcome live = BenchOnDisk::run(request);
  const RunRecord record = record_of(live);
  EXPECT_FALSE(record.cut_off);
  const auto again = judge(request.scenario, request.bench, record.boots, {});
  ASSERT_TRUE(again) << again.error().text();
  ASSERT_EQ(again->boots.size(), live.result.boots.size());
  const BootResult& a = live.result.boots[0];
  const BootResult& b = again->boots[0];
  EXPECT_EQ(again->verdict, live.result.verdict);
  ASSERT_EQ(a.markers.size(), b.markers.size());
  for (std::size_t i = 0; i < a.markers.size(); ++i) {
    EXPECT_EQ(a.markers[i].marker, b.markers[i].marker);
    EXPECT_EQ(a.markers[i].at - *a.started, b.markers[i].at - *b.started);
  }
}

TEST(Run, PlaysOneOfItsOwnBootsAgainWithTheSameTimes) {
  const BenchOnDisk bench;
  const RunOutcome first = bench.run();
  bench.write_scenario(first.folder.string() + "/boots/001-small");
  const RunOutcome second = bench.run();
  EXPECT_EQ(second.result.verdict, Verdict::pass) << second.result.reason;
  ASSERT_EQ(second.result.boots.size(), 1U);
  EXPECT_EQ(span_of(second.result.boots[0], "firmware"), span_of(first.result.boots[0], "firmware"));
  EXPECT_EQ(span_of(second.result.boots[0], "system"), span_of(first.result.boots[0], "system"));
}

TEST(Run, FailsWhenTheDutMissesTheDeadline) {
  const BenchOnDisk bench;
  bench.write("slow.yaml", BenchOnDisk::script("  - {at: 90 s, text: \"8) Shell\\r\\n\"}\n"));
  bench.write_scenario("slow.yaml");
  const RunOutcome outcome = bench.run();
  EXPECT_EQ(outcome.result.verdict, Verdict::fail) << outcome.result.reason;
  EXPECT_THAT(outcome.result.reason, HasSubstr("menu"));
  expect_bench_left_safe(outcome);
}

TEST(Run, FailsOnALimitThatWasMissed) {
  const BenchOnDisk bench;
  bench.write_scenario("good.yaml", "limits:\n  - {id: L1, that: \"small.power-on..menu <= 10 s\"}\n");
  const RunOutcome outcome = bench.run();
  EXPECT_EQ(outcome.result.verdict, Verdict::fail) << outcome.result.reason;
}

TEST(Run, CallsABoardThatNeverSaysAnythingAFaultOfTheBench) {
  const BenchOnDisk bench;
  bench.write("dead.yaml", "coldboot: recording/1\nplay: good.yaml\nfaults:\n  - stop: {at-byte: 0}\n");
  bench.write_scenario("dead.yaml");
  const RunOutcome outcome = bench.run();
  EXPECT_EQ(outcome.result.verdict, Verdict::error) << outcome.result.reason;
  EXPECT_THAT(outcome.result.reason, HasSubstr("byte"));
  expect_bench_left_safe(outcome);
}

TEST(Run, LetsAPanicWinOverALaterSuccess) {
  const BenchOnDisk bench;
  bench.write("panic.yaml", BenchOnDisk::script("  - {at: 7 s, text: \"panic: page fault\\r\\n\"}\n"
                                                "  - {at: 8 s, text: \"8) Shell\\r\\n\"}\n"));
  bench.write_scenario("panic.yaml");
  const RunOutcome outcome = bench.run();
  EXPECT_EQ(outcome.result.verdict, Verdict::fail);
  ASSERT_FALSE(outcome.result.boots.empty());
  EXPECT_EQ(outcome.result.boots[0].reason_type, "panic") << outcome.result.boots[0].reason;
  expect_bench_left_safe(outcome);
}

TEST(Run, SeesABoardThatResetsInTheMiddle) {
  const BenchOnDisk bench;
  bench.write("loop.yaml", "coldboot: recording/1\nplay: good.yaml\nfaults:\n  - reset: {at: 8 s}\n");
  bench.write_scenario("loop.yaml");
  const RunOutcome outcome = bench.run();
  EXPECT_EQ(outcome.result.verdict, Verdict::fail);
  ASSERT_FALSE(outcome.result.boots.empty());
  EXPECT_EQ(outcome.result.boots[0].reason_type, "boot-loop") << outcome.result.boots[0].reason;
}

TEST(Run, ShutsTheSystemDownBeforeACleanPowerOff) {
  const BenchOnDisk bench;
  bench.write_scenario("good.yaml", "");
  RunRequest request = bench.request();
  request.scenario.configurations[0].steps.back().what = PowerOffStep{PowerOff::clean};
  const RunOutcome outcome = BenchOnDisk::run(request);
  EXPECT_EQ(outcome.result.verdict, Verdict::pass) << outcome.result.reason;
  const RunRecord record = record_of(outcome);
  const auto sent = bodies_of<ConsoleSent>(record.boots.at(0).events);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].bytes, "6\r");
  EXPECT_THAT(record.boots[0].consoles.at(0).raw, HasSubstr("The system has halted"));
}

TEST(Run, RunsAHostCommandAndKeepsItsOutput) {
  const BenchOnDisk bench;
  RunRequest request = bench.request();
  request.scenario.configurations[0].steps.insert(request.scenario.configurations[0].steps.begin() + 2,
                                                  Step{.what = RunStep{{"echo", "hello from the host"}, 10s}});
  const RunOutcome outcome = BenchOnDisk::run(request);
  EXPECT_EQ(outcome.result.verdict, Verdict::pass) << outcome.result.reason;
  const auto commands = bodies_of<CommandRun>(record_of(outcome).boots.at(0).events);
  ASSERT_EQ(commands.size(), 1U);
  EXPECT_EQ(commands[0].output, "hello from the host\n");
  EXPECT_EQ(commands[0].exit_status, 0);
}

TEST(Run, FailsOnAHostCommandThatFailsAndSkipsTheRest) {
  const BenchOnDisk bench;
  RunRequest request = bench.request();
  request.scenario.configurations[0].steps.insert(request.scenario.configurations[0].steps.begin() + 1,
                                                  Step{.what = RunStep{{"false"}, 10s}});
  const RunOutcome outcome = BenchOnDisk::run(request);
  EXPECT_EQ(outcome.result.verdict, Verdict::fail);
  const auto& steps = outcome.result.boots.at(0).steps;
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_EQ(steps[1].verdict, Verdict::fail);
  EXPECT_EQ(steps[2].verdict, Verdict::skipped);
  expect_bench_left_safe(outcome);
}

TEST(Run, RetriesABootTheBenchLostWithinItsBudget) {
  const BenchOnDisk bench;
  bench.write("dead.yaml", "coldboot: recording/1\nplay: good.yaml\nfaults:\n  - stop: {at-byte: 0}\n");
  bench.write_scenario("dead.yaml");
  RunRequest request = bench.request();
  request.scenario.bench_retries = 2;
  const RunOutcome outcome = BenchOnDisk::run(request);
  EXPECT_EQ(outcome.result.boots.size(), 3U);
  EXPECT_EQ(outcome.result.verdict, Verdict::error) << "the budget is spent";
}

TEST(Run, SeesWhatTheBoardSaysWhileItIsStillBeingSwitchedOn) {
  const BenchOnDisk bench;
  bench.write("quick.yaml", "coldboot: profile/1\nname: quick\nmarkers:\n  menu: {match: '8\\) Shell'}\n");
  bench.write("scenario.yaml",
              "coldboot: scenario/1\nname: quick\nconfigurations: {quick: {profile: quick}}\n"
              "steps: [power-cycle, expect: {marker: menu, within: 5 s}]\n");
  bench.write("bench.yaml", "coldboot: bench/1\nname: quick-" + std::to_string(::getpid()) +
                                "\npower: {driver: quick, off-min: 0 s}\n"
                                "consoles: {com1: {driver: quick}}\n");
  const RunOutcome outcome = BenchOnDisk::run(bench.request(QuickBoard::catalog()));
  EXPECT_EQ(outcome.result.verdict, Verdict::pass) << outcome.result.reason;
}

TEST(Run, TouchesNoPowerWhenStoppedBeforeItBegins) {
  const BenchOnDisk bench;
  RunRequest request = bench.request();
  std::stop_source stop;
  stop.request_stop();
  request.stop = stop.get_token();
  const RunOutcome outcome = BenchOnDisk::run(request);
  EXPECT_EQ(outcome.result.verdict, Verdict::aborted) << outcome.result.reason;
  const RunRecord record = record_of(outcome);
  EXPECT_TRUE(record.boots.empty());
  EXPECT_TRUE(bodies_of<PowerSwitched>(record.events).empty());
}

/// Asks to stop when a marker is seen.
class StopAt final : public RunObserver {
 public:
  explicit StopAt(std::string marker) : marker_(std::move(marker)) {}
  void event(const Event& event) override {
    const auto* seen = std::get_if<MarkerSeen>(&event.body);
    if (seen != nullptr && seen->hit.marker == marker_ && !stopper_.joinable()) {
      // Not from under the event log's lock: stopping appends to it.
      stopper_ = std::jthread([this] { stop.request_stop(); });
    }
  }
  void console_bytes(const std::string&, std::string_view) override {}

  std::stop_source stop;

 private:
  std::string marker_;
  std::jthread stopper_;
};

TEST(Run, IsAbortedAndSafeWhenStoppedInTheMiddle) {
  const BenchOnDisk bench;
  bench.write("hangs.yaml", BenchOnDisk::script(""));
  bench.write_scenario("hangs.yaml");
  bench.write("bench.yaml", "coldboot: bench/1\nname: stopped-" + std::to_string(::getpid()) +
                                "\npower: {driver: replay, off-min: 0 s}\nconsoles:\n  "
                                "com1: {driver: replay}\n"
                                "media:\n  recording: {driver: replay}\n");
  RunRequest request = bench.request();
  StopAt observer("bios");
  request.observer = &observer;
  request.stop = observer.stop.get_token();
  request.why_stopped = [] { return StopRequested{"SIGINT", 2}; };
  const RunOutcome outcome = BenchOnDisk::run(request);
  EXPECT_EQ(outcome.result.verdict, Verdict::aborted) << outcome.result.reason;
  const auto asked = bodies_of<StopRequested>(record_of(outcome).boots.at(0).events);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].by, "SIGINT");
  expect_bench_left_safe(outcome);
}

TEST(Run, WritesItsReportsIntoTheFolder) {
  const BenchOnDisk bench;
  RunRequest request = bench.request();
  request.reports = {{"verdict.txt", [](const RunResult& result) { return std::string(name_of(result.verdict)); }}};
  const RunOutcome outcome = BenchOnDisk::run(request);
  std::ifstream file(outcome.folder / "verdict.txt");
  std::string text;
  EXPECT_TRUE(std::getline(file, text));
  EXPECT_EQ(text, "pass");
}

TEST(Run, SaysWhichMediumTheBenchLacks) {
  const BenchOnDisk bench;
  RunRequest request = bench.request();
  request.scenario.configurations[0].boot = {{"sd", bench.folder() / "good.yaml"}};
  const RunOutcome outcome = BenchOnDisk::run(request);
  EXPECT_EQ(outcome.result.verdict, Verdict::error);
  EXPECT_THAT(outcome.result.reason, HasSubstr("\"sd\""));
}

}  // namespace
}  // namespace coldboot
