#include "drivers/replay/player.hpp"

#include <gtest/gtest.h>

#include "drivers/replay/faults.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

std::string text_of(const std::vector<Emission>& emissions) {
  std::string text;
  for (const Emission& emission : emissions) text += emission.bytes;
  return text;
}

Recording two_lines() {
  return {.segments = {{.emissions = {{1s, "", "banner\r\n"}, {3s, "", "menu\r\n"}}}}};
}

Recording with_shell() {
  Recording recording{.segments = {{.emissions = {{1s, "", "# "}}}}};
  recording.segments.push_back({.await = "xl create\r", .emissions = {{6s, "", "guest\r\n"}}});
  return recording;
}

const Instant start{100s};

TEST(Player, IsSilentUntilItHasPower) {
  Player player;
  player.insert(two_lines());
  EXPECT_FALSE(player.next());
  EXPECT_TRUE(player.take_due(start + 10s).empty());
  player.type("com1", "hello", start);
  EXPECT_FALSE(player.next());
}

TEST(Player, PlaysFromTheStartAtEachPowerOn) {
  Player player;
  player.insert(two_lines());
  player.switch_power(Power::on, start);
  EXPECT_EQ(player.next(), start + 1s);
  EXPECT_EQ(text_of(player.take_due(start + 2s)), "banner\r\n");
  player.switch_power(Power::off, start + 2s);
  EXPECT_FALSE(player.next());
  player.switch_power(Power::on, start + 20s);
  EXPECT_EQ(text_of(player.take_due(start + 30s)), "banner\r\nmenu\r\n");
}

TEST(Player, CountsTheNextSegmentFromTheMomentItWasTypedAt) {
  Player player;
  player.insert(with_shell());
  player.switch_power(Power::on, start);
  EXPECT_EQ(text_of(player.take_due(start + 50s)), "# ");
  EXPECT_FALSE(player.next()) << "it waits";
  player.type("com1", "xl cre", start + 60s);
  player.type("com1", "ate\r", start + 61s);
  EXPECT_EQ(text_of(player.take_due(start + 61s)), "xl create\r\n");
  EXPECT_EQ(player.next(), start + 67s);
}

TEST(Player, GoesOnPrintingWhatItHadBegunWhenTypedAtEarly) {
  Player player;
  player.insert(with_shell());
  player.switch_power(Power::on, start);
  player.type("com1", "xl create\r", start);
  EXPECT_EQ(text_of(player.take_due(start + 10s)), "xl create\r\n# guest\r\n");
}

Recording changed(const std::vector<ReplayFault>& faults, const Recording& recording = two_lines()) {
  auto result = with_faults(recording, faults, "boot.yaml");
  EXPECT_TRUE(result) << result.error().text();
  return result ? *result : Recording{};
}

TEST(ReplayFaults, StopTheBoardAtAByte) {
  const Recording stopped = changed({StopAtByte{10}});
  ASSERT_EQ(stopped.segments[0].emissions.size(), 2U);
  EXPECT_EQ(text_of(stopped.segments[0].emissions), "banner\r\nme");
}

TEST(ReplayFaults, AStoppedBoardDoesNotEchoWhatIsTyped) {
  Player player;
  player.insert(changed({StopAtByte{1}}, with_shell()));
  player.switch_power(Power::on, start);
  player.type("com1", "xl create\r", start + 1s);
  EXPECT_EQ(text_of(player.take_due(start + 100s)), "#");
}

TEST(ReplayFaults, RefuseAByteBeyondTheEnd) {
  const auto result = with_faults(two_lines(), {Garbage{.byte = 5000}}, "boot.yaml");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().text(), "boot.yaml: found a fault at byte 5000, expected one within the 14 bytes it plays");
}

TEST(ReplayFaults, ResetTheBoardInTheMiddle) {
  const Recording reset = changed({ResetAt{2s}});
  EXPECT_EQ(text_of(reset.segments[0].emissions), "banner\r\nbanner\r\nmenu\r\n");
  EXPECT_EQ(reset.segments[0].emissions[1].at, 3s);
  EXPECT_EQ(reset.segments[0].emissions[2].at, 5s);
}

TEST(ReplayFaults, AddTheSameGarbageEveryTime) {
  const Recording once = changed({Garbage{.byte = 2, .length = 5, .seed = 3}});
  EXPECT_EQ(once, changed({Garbage{.byte = 2, .length = 5, .seed = 3}}));
  EXPECT_EQ(once.segments[0].emissions[0].bytes.size(), 13U);
  EXPECT_TRUE(once.segments[0].emissions[0].bytes.starts_with("ba"));
  EXPECT_TRUE(once.segments[0].emissions[0].bytes.ends_with("nner\r\n"));
}

TEST(ReplayFaults, LoseBytesAcrossEmissions) {
  const Recording lossy = changed({Loss{.byte = 6, .length = 4}});
  EXPECT_EQ(text_of(lossy.segments[0].emissions), "bannernu\r\n");
}

TEST(ReplayFaults, StretchTime) {
  const Recording slow = changed({Stretch{.from = 1s, .to = 2s, .factor = 3}});
  EXPECT_EQ(slow.segments[0].emissions[0].at, 1s);
  EXPECT_EQ(slow.segments[0].emissions[1].at, 5s);
}

}  // namespace
}  // namespace coldboot
