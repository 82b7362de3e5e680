#include "harness/console/capture.hpp"

#include <atomic>
#include <list>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/console/emulated_console.hpp"
#include "tests/console/plan_of.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// Keeps what a boot recorded.
class Recorder final : public ChunkSink {
 public:
  void add(const std::string& console, const Chunk& chunk, std::string_view bytes) override {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(chunk.offset, raw_[console].size());
    EXPECT_EQ(chunk.length, bytes.size());
    EXPECT_LE(chunk.not_before, chunk.arrival);
    raw_[console] += bytes;
  }
  [[nodiscard]] std::string raw(const std::string& console) {
    const std::lock_guard lock(mutex_);
    return raw_[console];
  }

 private:
  std::mutex mutex_;  // guards raw_
  std::map<std::string, std::string> raw_;
};

std::shared_ptr<const CompiledPlan> plan_for(const std::string& console, std::vector<MarkerPlan> markers,
                                             std::vector<FailurePlan> failures = {}) {
  return *CompiledPlan::compile(plan_of(std::move(markers), std::move(failures), console));
}

bool is_marker(const Event& event, std::string_view name) {
  const auto* const seen = std::get_if<MarkerSeen>(&event.body);
  return seen != nullptr && !seen->held && seen->hit.marker == name;
}

/// A rack: a log and the loop. Declared first, consoles outlive the loop.
struct Rack {
  Result<Event> wait_for_marker(std::string_view name) {
    return log.wait_for(0, [&](const Event& event) { return is_marker(event, name); }, Until(clock.now() + 30s));
  }
  std::size_t count_markers(std::string_view name) {
    const auto events = log.after(0);
    return static_cast<std::size_t>(
        std::count_if(events.begin(), events.end(), [&](const Event& event) { return is_marker(event, name); }));
  }
  SteadyClock clock;
  EventLog log{clock};
  Recorder recorder;
};

class CaptureOn : public testing::TestWithParam<EmulatedConsole::Kind> {};
INSTANTIATE_TEST_SUITE_P(Streams, CaptureOn, testing::Values(EmulatedConsole::Kind::socket, EmulatedConsole::Kind::pty),
                         [](const auto& one) { return one.param == EmulatedConsole::Kind::pty ? "pty" : "socket"; });

TEST_P(CaptureOn, RecordsEveryByteAndPostsMarkers) {
  Rack rack;
  EmulatedConsole console(GetParam());
  Capture capture(rack.log);
  ASSERT_TRUE(capture.add("com1", console));
  ASSERT_TRUE(capture.begin_boot(3, plan_for("com1", {marker("xen", "Xen (?<v>[\\d.]+)-")}), rack.recorder));
  const Instant before = rack.clock.now();
  console.say("\r\nXen 4.13-unstable\r\n");
  const auto seen = rack.wait_for_marker("xen");
  ASSERT_TRUE(seen) << seen.error().text();
  EXPECT_EQ(seen->boot, 3);
  EXPECT_GE(seen->at, before);
  EXPECT_LE(seen->at, rack.clock.now());
  EXPECT_EQ(std::get<MarkerSeen>(seen->body).hit.captures.at("v"), "4.13");
  ASSERT_TRUE(capture.wait_until_received("com1", 21, 30s));
  EXPECT_EQ(capture.received("com1"), 21U);
  EXPECT_GE(capture.last_arrival("com1"), before);
  EXPECT_EQ(rack.recorder.raw("com1"), "\r\nXen 4.13-unstable\r\n");
}

TEST_P(CaptureOn, TellsAHangUpOnceAfterTheLastBytes) {
  Rack rack;
  EmulatedConsole console(GetParam());
  Capture capture(rack.log);
  ASSERT_TRUE(capture.add("com1", console));
  ASSERT_TRUE(capture.begin_boot(1, plan_for("com1", {marker("xen", "Xen")}), rack.recorder));
  console.say("Xen");
  ASSERT_TRUE(capture.wait_until_received("com1", 3, 30s));
  console.hang_up();
  const auto lost = rack.log.wait_for(
      0, [](const Event& event) { return std::holds_alternative<ConsoleLost>(event.body); },
      Until(rack.clock.now() + 30s));
  ASSERT_TRUE(lost) << lost.error().text();
  EXPECT_EQ(std::get<ConsoleLost>(lost->body).console, "com1");
  EXPECT_FALSE(std::get<ConsoleLost>(lost->body).what.empty());
  EXPECT_EQ(capture.wait_until_received("com1", 4, 30s).error().cause(), Cause::lost);
  EXPECT_EQ(capture.begin_boot(2, plan_for("com1", {}), rack.recorder).error().cause(), Cause::lost);
  EXPECT_EQ(rack.count_markers("xen"), 1U);
}

TEST_P(CaptureOn, GoesOnWithAConsoleThatWasOpenedAnew) {
  Rack rack;
  EmulatedConsole console(GetParam());
  Capture capture(rack.log);
  ASSERT_TRUE(capture.add("com1", console));
  ASSERT_TRUE(capture.begin_boot(1, plan_for("com1", {marker("xen", "Xen")}), rack.recorder));
  console.say("before ");
  ASSERT_TRUE(capture.wait_until_received("com1", 7, 30s));
  console.hang_up();
  const auto is_lost = [&] { return capture.is_lost("com1"); };
  ASSERT_TRUE(rack.log.wait(is_lost, Until(rack.clock.now() + 30s)));
  ASSERT_TRUE(console.reopen(Until()));
  ASSERT_TRUE(capture.resume("com1"));
  EXPECT_FALSE(capture.is_lost("com1"));
  console.say("Xen\r\n");
  ASSERT_TRUE(capture.wait_until_received("com1", 12, 30s));
  EXPECT_EQ(rack.recorder.raw("com1"), "before Xen\r\n");
  EXPECT_EQ(rack.count_markers("xen"), 1U);
  const auto events = rack.log.after(0);
  const auto lost =
      std::ranges::find_if(events, [](const Event& e) { return std::holds_alternative<ConsoleLost>(e.body); });
  const auto opened =
      std::ranges::find_if(events, [](const Event& e) { return std::holds_alternative<ConsoleOpened>(e.body); });
  ASSERT_TRUE(lost != events.end() && opened != events.end());
  EXPECT_LT(lost->seq, opened->seq);
  EXPECT_EQ(opened->boot, 1);
  EXPECT_TRUE(capture.begin_boot(2, plan_for("com1", {}), rack.recorder)) << "and the next boot has it too";
}

/// A transport that escapes: "\\n" is one byte of the DUT, "\\-" none, and pieces end anywhere.
class EscapingConsole final : public ByteStream {
 public:
  [[nodiscard]] int descriptor() const override { return wire.descriptor(); }
  Result<void> write(std::string_view bytes, const Until& until) override { return wire.write(bytes, until); }
  [[nodiscard]] std::string description() const override { return "escaping console"; }
  std::size_t decode(std::span<char> bytes) override {
    std::size_t kept = 0;
    for (const char byte : bytes) {
      const bool escaped = std::exchange(escape_, !escape_ && byte == '\\');
      if (escape_ || (escaped && byte == '-')) continue;
      bytes[kept++] = escaped && byte == 'n' ? '\n' : byte;
    }
    return kept;
  }

  EmulatedConsole wire;

 private:
  bool escape_ = false;
};

TEST(Capture, RecordsWhatTheTransportSaysTheDutSaid) {
  Rack rack;
  EscapingConsole console;
  std::string tapped;
  Capture capture(rack.log);
  ASSERT_TRUE(capture.add("com1", console, {}, [&](std::string_view bytes) { tapped += bytes; }));
  ASSERT_TRUE(capture.begin_boot(1, plan_for("com1", {marker("menu", "^8\\) Shell$")}), rack.recorder));
  for (const char* piece : {"\\-8) Sh", "\\", "-", "\\-\\-", "ell\\", "n\\-."}) console.wire.say(piece);
  ASSERT_TRUE(capture.wait_until_received("com1", 10, 30s));
  EXPECT_EQ(rack.recorder.raw("com1"), "8) Shell\n.");
  EXPECT_EQ(rack.count_markers("menu"), 1U);
  capture.remove("com1");
  EXPECT_EQ(tapped, "8) Shell\n.");
}

TEST(Capture, RefusesWhatCannotBeWaitedForAndNamesInUse) {
  Rack rack;
  EmulatedConsole console;
  Capture capture(rack.log);
  ASSERT_TRUE(capture.add("com1", console));
  EXPECT_EQ(capture.add("com1", console).error().cause(), Cause::mistake);
  EXPECT_EQ(capture.begin_boot(1, plan_for("", {}), rack.recorder, {{"com2", ""}}).error().cause(), Cause::missing);
}

TEST(Capture, CountsEachBootFromZeroUnderTheNameTheBootUses) {
  Rack rack;
  EmulatedConsole console;
  Capture capture(rack.log);
  ASSERT_TRUE(capture.add("com1", console));
  ASSERT_TRUE(capture.begin_boot(1, plan_for("com1", {}), rack.recorder));
  console.say("first boot");
  ASSERT_TRUE(capture.wait_until_received("com1", 10, 30s));
  capture.end_boot(1);
  EXPECT_EQ(rack.count_markers("last-byte"), 1U);
  Recorder second;
  ASSERT_TRUE(capture.begin_boot(2, plan_for("dut", {}), second, {{"com1", "dut"}}));
  EXPECT_EQ(capture.received("com1"), 0U);
  console.say("second");
  ASSERT_TRUE(capture.wait_until_received("com1", 6, 30s));
  EXPECT_EQ(second.raw("dut"), "second");
  EXPECT_EQ(rack.recorder.raw("com1"), "first boot");
}

TEST(Capture, MarksPowerOnAndTheFirstByte) {
  Rack rack;
  EmulatedConsole console;
  Capture capture(rack.log);
  ASSERT_TRUE(capture.add("com1", console, LineRate{}));
  ASSERT_TRUE(capture.begin_boot(1, plan_for("com1", {}), rack.recorder));
  const Instant t0 = rack.clock.now();
  capture.power_on(1, t0);
  console.say("PC Engines apu2");
  const auto first = rack.wait_for_marker("first-byte");
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_GE(first->at, t0);
  EXPECT_EQ(rack.count_markers("power-on"), 1U);
}

TEST(Capture, ConfirmsAQuietPromptByItself) {
  Rack rack;
  EmulatedConsole console;
  Capture capture(rack.log);
  auto prompt = marker("prompt", "login: ");
  prompt.quiet = 20ms;
  ASSERT_TRUE(capture.add("com1", console));
  ASSERT_TRUE(capture.begin_boot(1, plan_for("com1", {prompt}), rack.recorder));
  console.say("login: ");
  const auto seen = rack.wait_for_marker("prompt");
  ASSERT_TRUE(seen) << seen.error().text();
}

/// A clock that stands still until it is moved.
class StandingClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return Instant(Nanos(now_.load())); }
  bool wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Instant,
                  const std::function<bool()>& ready) override {
    changed.wait(lock, ready);
    return true;
  }
  void move_to(Nanos time) { now_ = time.count(); }

 private:
  std::atomic<Nanos::rep> now_{1};
};

TEST(Capture, FindsSilenceWhenAClockJumps) {
  StandingClock clock;
  EventLog log(clock);
  Recorder recorder;
  EmulatedConsole console;
  Capture capture(log);
  ASSERT_TRUE(capture.add("com1", console));
  ASSERT_TRUE(capture.begin_boot(1, plan_for("com1", {}, {{.failure = "hang", .silent_for = 1h}}), recorder));
  capture.power_on(1, clock.now());
  console.say("PC");
  ASSERT_TRUE(capture.wait_until_received("com1", 2, 30s));
  clock.move_to(2h);
  capture.catch_up();
  const auto events = log.after(0);
  ASSERT_FALSE(events.empty());
  const auto* const failure = std::get_if<FailureSeen>(&events.back().body);
  ASSERT_NE(failure, nullptr);
  EXPECT_EQ(failure->hit.at, Instant(1h + 1ns));
}

TEST(Capture, PostsAFailureOnceAndAtOnce) {
  Rack rack;
  EmulatedConsole console;
  Capture capture(rack.log);
  ASSERT_TRUE(capture.add("com1", console));
  ASSERT_TRUE(capture.begin_boot(1, plan_for("com1", {}, {{.failure = "panic", .match = "panic:"}}), rack.recorder));
  console.say("panic: out");
  ASSERT_TRUE(capture.wait_until_received("com1", 10, 30s));
  const auto failures = [&] {
    const auto events = rack.log.after(0);
    return std::count_if(events.begin(), events.end(),
                         [](const Event& event) { return std::holds_alternative<FailureSeen>(event.body); });
  };
  EXPECT_EQ(failures(), 1);
  console.say(" of memory\r\n");
  ASSERT_TRUE(capture.wait_until_received("com1", 22, 30s));
  EXPECT_EQ(failures(), 1);
}

TEST(Capture, KnowsTheEchoOfWhatWasTyped) {
  Rack rack;
  EmulatedConsole console;
  Capture capture(rack.log);
  MarkerPlan typed;
  typed.name = "create";
  typed.sent = "xl create";
  ASSERT_TRUE(capture.add("com1", console));
  ASSERT_TRUE(capture.begin_boot(1, plan_for("com1", {typed, marker("said", "xl create")}), rack.recorder));
  const std::string text = "xl create pf.cfg\r";
  const std::uint64_t offset = capture.begin_send("com1", text);
  const Typed typed_in = type_text(console, rack.log, text, 0ms, Until());
  ASSERT_TRUE(typed_in.outcome);
  EXPECT_EQ(console.heard(), text);
  capture.end_send("com1", text, offset, typed_in.at);
  console.say("xl create pf.cfg\r\nxl create\r\n");
  ASSERT_TRUE(capture.wait_until_received("com1", 29, 30s));
  EXPECT_EQ(rack.count_markers("create"), 1U);
  EXPECT_EQ(rack.count_markers("said"), 1U);
  const auto events = rack.log.after(0);
  EXPECT_EQ(std::get<ConsoleSent>(events.front().body).bytes, text);
}

TEST(Capture, ReadsAWholeRackAtOnce) {
  Rack rack;
  std::list<EmulatedConsole> consoles;
  Capture capture(rack.log);
  const auto plan = plan_for("", {marker("menu", "8\\) Shell")});
  constexpr int boards = 64;
  for (int i = 0; i < boards; ++i) {
    ASSERT_TRUE(capture.add(fmt::format("board{}", i), consoles.emplace_back()));
    ASSERT_TRUE(capture.begin_boot(i + 1, plan, rack.recorder, {{fmt::format("board{}", i), ""}}));
  }
  const std::string line(1000, '.');
  for (int round = 0; round < 20; ++round) {
    for (const EmulatedConsole& console : consoles) console.say(line + "\r\n");
  }
  for (const EmulatedConsole& console : consoles) console.say(" 8) Shell\r\n");
  for (int i = 0; i < boards; ++i) {
    const std::string name = fmt::format("board{}", i);
    const auto received = capture.wait_until_received(name, 20 * 1002 + 11, 60s);
    ASSERT_TRUE(received) << received.error().text();
    EXPECT_EQ(rack.recorder.raw(name).size(), 20U * 1002U + 11U);
  }
  EXPECT_EQ(rack.count_markers("menu"), static_cast<std::size_t>(boards));
}

TEST(Capture, LetsConsolesComeAndGoUnderLoad) {
  Rack rack;
  EmulatedConsole steady;
  Capture capture(rack.log);
  ASSERT_TRUE(capture.add("steady", steady));
  ASSERT_TRUE(capture.begin_boot(1, plan_for("steady", {marker("tick", "tick")}), rack.recorder));
  const auto come_and_go = [&](int who) {
    for (int round = 0; round < 50; ++round) {
      EmulatedConsole passing;
      const std::string name = fmt::format("passing{}", who);
      ASSERT_TRUE(capture.add(name, passing));
      passing.say("hello\r\n");
      if (round % 2 == 0) passing.hang_up();
      [[maybe_unused]] const auto received = capture.received(name);
      capture.remove(name);
    }
  };
  {
    std::jthread first(come_and_go, 1);
    std::jthread second(come_and_go, 2);
    for (int i = 0; i < 200; ++i) steady.say("tick\r\n");
  }
  ASSERT_TRUE(capture.wait_until_received("steady", 1200, 60s));
  EXPECT_EQ(rack.count_markers("tick"), 200U);
}

TEST(TypeText, PausesBetweenCharactersAndStopsOnRequest) {
  Rack rack;
  EmulatedConsole console;
  const Instant before = rack.clock.now();
  ASSERT_TRUE(type_text(console, rack.log, "abc", 2ms, Until()).outcome);
  EXPECT_GE(rack.clock.now() - before, 4ms);
  EXPECT_EQ(console.heard(), "abc");
  std::stop_source stop;
  stop.request_stop();
  const Typed stopped = type_text(console, rack.log, "abc", 1h, Until(Instant::max(), stop.get_token()));
  EXPECT_EQ(stopped.outcome.error().cause(), Cause::stopped);
  EXPECT_EQ(stopped.bytes, 1U);
  const Typed late = type_text(console, rack.log, "abc", 1h, Until(rack.clock.now()));
  EXPECT_EQ(late.outcome.error().cause(), Cause::timeout);
}

}  // namespace
}  // namespace coldboot
