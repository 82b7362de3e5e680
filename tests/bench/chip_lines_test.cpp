#include "harness/bench/chip_lines.hpp"

#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bench/scripted_power.hpp"
#include "tests/bench/scripted_relay.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using Trouble = ScriptedRelay::Trouble;

/// Two lines, the supply on channel 2 and the bus on channel 3.
class Lines : public testing::Test {
 protected:
  Lines() { relay.journal = &journal; }
  void SetUp() override {
    ASSERT_TRUE(interlock.set(Power::off, soon_enough()));
    hold.emplace(*interlock.hold());
  }
  [[nodiscard]] Until soon_enough() const { return Until(clock.now() + 60s, stop.get_token()); }
  ChipLines lines() { return {{{"spi", {&relay, 3}}, {"vcc", {&relay, 2}}}, entry, clock, "apu/flash"}; }
  [[nodiscard]] bool are_off() const { return relay.contact(2) == Contact::open && relay.contact(3) == Contact::open; }

  VirtualClock clock{Instant(0s)};
  std::vector<std::string> journal;
  ScriptedRelay relay{clock};
  ScriptedSupply supply;
  std::stop_source stop;
  FlashEntry entry{.connect = {{"vcc", true, {}}, {"", false, 2s}, {"spi", true, {}}},
                   .disconnect = {{"spi", false, {}}, {"", false, 500ms}, {"vcc", false, {}}}};
  ChipInterlock interlock{std::make_unique<ScriptedPower>(supply, clock), "apu/power", clock, [](const EventBody&) {}};
  std::optional<ChipInterlock::Hold> hold;
};

TEST_F(Lines, AreSwitchedInTheirOrderWithPauses) {
  ChipLines both = lines();
  ASSERT_TRUE(both.connect(*hold, soon_enough()));
  EXPECT_EQ(relay.contact(2), Contact::closed);
  EXPECT_EQ(relay.contact(3), Contact::closed);
  ASSERT_TRUE(both.disconnect());
  EXPECT_TRUE(are_off());
  EXPECT_THAT(journal, ElementsAre("2 closed at 1 ms", "3 closed at 2003 ms", "3 open at 2005 ms", "2 open at 2507 ms"))
      << "each takes a millisecond, and one to be read";
}

TEST_F(Lines, AreNotAllOnWhenSomebodyAsksToStop) {
  ChipLines both = lines();
  relay.stops_at_set = &stop;
  const auto connected = both.connect(*hold, soon_enough());
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().cause(), Cause::stopped);
  EXPECT_EQ(relay.contact(2), Contact::closed);
  EXPECT_EQ(relay.contact(3), Contact::open);
  EXPECT_TRUE(both.disconnect()) << "which a stop does not shorten";
  EXPECT_TRUE(are_off());
}

TEST_F(Lines, FailToBeConnectedWhereOneDoesNotMove) {
  relay.at_set = {Trouble::none, Trouble::deaf};
  const auto connected = lines().connect(*hold, soon_enough());
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().cause(), Cause::protocol);
  EXPECT_THAT(connected.error().text(),
              AllOf(HasSubstr("apu/flash: line spi was switched on and reads back off"), HasSubstr("scripted relay")));
}

TEST_F(Lines, AreAllOffInTheEndWhateverFailsOnTheWay) {
  for (const std::deque<Trouble>& troubles : std::vector<std::deque<Trouble>>{
           {Trouble::faulty},
           {Trouble::deaf},
           {Trouble::none, Trouble::faulty},
           {Trouble::hidden, Trouble::hidden},
           {Trouble::deaf, Trouble::deaf, Trouble::faulty, Trouble::deaf},
       }) {
    ChipLines both = lines();
    ASSERT_TRUE(both.connect(*hold, soon_enough()));
    relay.at_set = troubles;
    const auto parted = both.disconnect();
    EXPECT_TRUE(parted) << parted.error().text();
    EXPECT_TRUE(are_off());
    relay.at_set.clear();
  }
}

TEST_F(Lines, AreAllTriedWhereOneIsStuckOn) {
  ChipLines both = lines();
  ASSERT_TRUE(both.connect(*hold, soon_enough()));
  relay.stuck = {3};
  const auto parted = both.disconnect();
  ASSERT_FALSE(parted);
  EXPECT_EQ(parted.error().cause(), Cause::protocol);
  EXPECT_THAT(parted.error().text(), HasSubstr("apu/flash: line spi was switched off and reads back on"));
  EXPECT_EQ(relay.contact(2), Contact::open) << "the others are off nevertheless";
}

TEST_F(Lines, AreNotKnownToBeOffWhereTheBoardDoesNotAnswer) {
  ChipLines both = lines();
  ASSERT_TRUE(both.connect(*hold, soon_enough()));
  relay.fails_at_read.assign(64, true);
  const auto parted = both.disconnect();
  ASSERT_FALSE(parted);
  EXPECT_EQ(parted.error().cause(), Cause::io);
  EXPECT_THAT(parted.error().text(), HasSubstr("line spi"));
}

TEST_F(Lines, AreTrustedWhereTheyCannotBeRead) {
  relay.can_be_read = false;
  ChipLines both = lines();
  ASSERT_TRUE(both.connect(*hold, soon_enough()));
  EXPECT_TRUE(both.disconnect());
  EXPECT_TRUE(are_off());
}

}  // namespace
}  // namespace coldboot
