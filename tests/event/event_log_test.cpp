#include "harness/event/event_log.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace coldboot {
namespace {

using namespace std::chrono_literals;

TEST(EventLog, NumbersEventsFromOneAndKeepsTheirOrder) {
  SteadyClock clock;
  EventLog log(clock);
  EXPECT_EQ(log.last(), 0U);
  EXPECT_EQ(log.append(Note{"a"}).seq, 1U);
  EXPECT_EQ(log.append(Note{"b"}, 3).seq, 2U);
  const auto events = log.after(1);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(std::get<Note>(events[0].body).text, "b");
  EXPECT_EQ(events[0].boot, 3);
}

TEST(EventLog, HandsEveryEventToItsSinkInOrder) {
  SteadyClock clock;
  std::vector<std::string> seen;
  EventLog log(clock, [&](const Event& event) { seen.emplace_back(type_of(event.body)); });
  log.append(Note{"a"});
  log.append(MarkerSeen{});
  log.append(BootEnded{});
  EXPECT_EQ(seen, (std::vector<std::string>{"note", "marker-seen", "boot-ended"}));
}

TEST(EventLog, WaitsForAnEventFromAnotherThread) {
  SteadyClock clock;
  EventLog log(clock);
  std::jthread other([&] { log.append(MarkerSeen{.hit = {.marker = "menu", .console = "com1"}}); });
  const auto found = log.wait_for(
      0, [](const Event& e) { return std::holds_alternative<MarkerSeen>(e.body); }, Until(clock.now() + 10s));
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(std::get<MarkerSeen>(found->body).hit.marker, "menu");
}

TEST(EventLog, SaysWhetherTheDeadlineOrAStopEndedTheWait) {
  SteadyClock clock;
  EventLog log(clock);
  const auto never = [](const Event&) { return false; };
  EXPECT_EQ(log.wait_for(0, never, Until(clock.now())).error().cause(), Cause::timeout);
  std::stop_source stop;
  std::jthread other([&] { stop.request_stop(); });
  EXPECT_EQ(log.wait_for(0, never, Until(clock.now() + 10s, stop.get_token())).error().cause(), Cause::stopped);
  EXPECT_EQ(log.wait_for(0, never, Until(clock.now() + 10s, stop.get_token())).error().cause(), Cause::stopped);
}

}  // namespace
}  // namespace coldboot
