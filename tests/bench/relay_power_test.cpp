#include "harness/bench/relay_power.hpp"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/virtual_clock.hpp"
#include "tests/bench/scripted_relay.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Trouble = ScriptedRelay::Trouble;

class Switching : public testing::Test {
 protected:
  RelayPower power() {
    return {relay, entry, "apu/power", clock, [this](EventBody body) { notes.push_back(std::get<Note>(body).text); }};
  }
  [[nodiscard]] Until within(Nanos length) const { return Until(clock.now() + length, stop.get_token()); }

  VirtualClock clock{Instant(0s)};
  ScriptedRelay relay{clock};
  RelayEntry entry{.channel = 2};
  std::vector<std::string> notes;
  std::stop_source stop;
};

TEST_F(Switching, ClosesANormallyOpenContactToGivePowerAndReadsItBack) {
  const auto switched = power().set(Power::on, within(10s));
  ASSERT_TRUE(switched) << switched.error().text();
  EXPECT_EQ(relay.contact(2), Contact::closed);
  EXPECT_EQ(relay.contact(1), Contact::open);
  EXPECT_EQ(switched->wanted, Power::on);
  EXPECT_EQ(switched->read_back, Power::on);
  EXPECT_EQ(switched->attempt, 1);
  EXPECT_EQ(switched->sent, Instant(0s));
  EXPECT_EQ(switched->returned, Instant(1ms));
  EXPECT_EQ(clock.now(), Instant(22ms)) << "the contact settles for 20 ms before it is read";
  EXPECT_THAT(notes, IsEmpty());
}

TEST_F(Switching, OpensANormallyClosedContactToGivePower) {
  entry.wiring = Wiring::normally_closed;
  auto switched = power().set(Power::on, within(10s));
  ASSERT_TRUE(switched);
  EXPECT_EQ(relay.contact(2), Contact::open);
  EXPECT_EQ(switched->read_back, Power::on);
  switched = power().set(Power::off, within(10s));
  ASSERT_TRUE(switched);
  EXPECT_EQ(relay.contact(2), Contact::closed);
  EXPECT_EQ(switched->read_back, Power::off);
}

TEST_F(Switching, SaysWhichStateTheRelayIsIn) {
  RelayPower on_contact = power();
  EXPECT_EQ(*on_contact.state(within(1s)), Power::off);
  relay.put(2, Contact::closed);
  EXPECT_EQ(*on_contact.state(within(1s)), Power::on);
  entry.wiring = Wiring::normally_closed;
  EXPECT_EQ(*power().state(within(1s)), Power::off);
  relay.can_be_read = false;
  EXPECT_EQ(*power().state(within(1s)), std::nullopt);
  relay.can_be_read = true;
  relay.fails_at_read = {true};
  EXPECT_EQ(power().state(within(1s)).error().cause(), Cause::io);
}

TEST_F(Switching, HasTheDelayTheRelayDeclares) {
  relay.declared_delay = 10ms;
  EXPECT_EQ(power().set(Power::on, within(10s))->device_delay, 10ms);
}

TEST_F(Switching, TriesAgainWhenTheRelayDidNotMoveAndCountsIt) {
  relay.at_set = {Trouble::deaf, Trouble::faulty, Trouble::none};
  const auto switched = power().set(Power::on, within(10s));
  ASSERT_TRUE(switched) << switched.error().text();
  EXPECT_EQ(switched->attempt, 3);
  EXPECT_EQ(switched->read_back, Power::on);
  EXPECT_GE(switched->sent, Instant(1s)) << "two pauses of half a second lie before the try that took effect";
  EXPECT_EQ(switched->returned - switched->sent, 1ms);
  EXPECT_EQ(switched->device_delay, 0ms);
  EXPECT_THAT(notes, ElementsAre("apu/power: switching on, try 1 of 3: channel 2 of scripted relay reads back open, "
                                 "expected closed (check the board's supply and its cable)",
                                 "board: switching on, try 2 of 3: no answer"));
}

TEST_F(Switching, GivesUpAfterTheTriesItIsAllowed) {
  relay.at_set = {Trouble::deaf, Trouble::deaf, Trouble::deaf, Trouble::none};
  const auto switched = power().set(Power::on, within(10s));
  ASSERT_FALSE(switched);
  EXPECT_EQ(switched.error().cause(), Cause::protocol);
  EXPECT_THAT(switched.error().text(), HasSubstr("try 3 of 3"));
  EXPECT_EQ(relay.sets, 3);
  EXPECT_EQ(notes.size(), 2U);
}

TEST_F(Switching, DoesNotTryAgainWhereItMayNot) {
  entry.retries = 0;
  relay.at_set = {Trouble::faulty};
  EXPECT_EQ(power().set(Power::on, within(10s)).error().cause(), Cause::io);
  EXPECT_EQ(relay.sets, 1);
}

TEST_F(Switching, DoesNotInsistWhenTheDeviceRefuses) {
  for (const Cause cause : {Cause::refused, Cause::missing, Cause::busy, Cause::mistake, Cause::stopped}) {
    relay.cause = cause;
    relay.sets = 0;
    relay.at_set = {Trouble::faulty};
    EXPECT_EQ(power().set(Power::on, within(10s)).error().cause(), cause);
    EXPECT_EQ(relay.sets, 1);
  }
}

TEST_F(Switching, TakesTheStampsOfTheTryThatTookEffectThoughItSeemedToHaveFailed) {
  relay.at_set = {Trouble::hidden};
  const auto switched = power().set(Power::on, within(10s));
  ASSERT_TRUE(switched) << switched.error().text();
  EXPECT_EQ(switched->attempt, 1);
  EXPECT_EQ(switched->sent, Instant(0s));
  EXPECT_EQ(switched->returned, Instant(1ms));
  EXPECT_EQ(switched->read_back, Power::on);
  EXPECT_EQ(switched->device_delay, 501ms) << "it may have acted at any time until it was seen to have";
  EXPECT_EQ(relay.sets, 1);
  EXPECT_EQ(notes.size(), 1U);
}

TEST_F(Switching, ReadsAgainBeforeItSwitchesAgain) {
  relay.fails_at_read = {true};
  const auto switched = power().set(Power::off, within(10s));
  ASSERT_TRUE(switched) << switched.error().text();
  EXPECT_EQ(switched->attempt, 1);
  EXPECT_EQ(relay.sets, 1);
}

TEST_F(Switching, BringsABoardBackThatFellOffTheBusAsItSwitched) {
  relay.at_set = {Trouble::dropped};
  const auto switched = power().set(Power::on, within(10s));
  ASSERT_TRUE(switched) << switched.error().text();
  EXPECT_EQ(switched->attempt, 2);
  EXPECT_EQ(relay.contact(2), Contact::closed);
  EXPECT_EQ(notes.size(), 1U);
}

TEST_F(Switching, AssumesTheStateOfARelayThatCannotBeReadAndSaysSoOnce) {
  relay.can_be_read = false;
  RelayPower assumed = power();
  const auto on = assumed.set(Power::on, within(10s));
  const auto off = assumed.set(Power::off, within(10s));
  ASSERT_TRUE(on && off);
  EXPECT_EQ(on->read_back, std::nullopt);
  EXPECT_EQ(off->read_back, std::nullopt);
  EXPECT_THAT(notes, ElementsAre("apu/power: scripted relay cannot be read back: its state is assumed"));
}

TEST_F(Switching, TellsWhatWentWrongAndNotThatTimeIsUp) {
  relay.at_set = {Trouble::faulty};
  const auto switched = power().set(Power::on, within(300ms));
  ASSERT_FALSE(switched);
  EXPECT_EQ(switched.error().cause(), Cause::io);
  EXPECT_LE(clock.now(), Instant(300ms));
}

TEST_F(Switching, ObeysARequestToStop) {
  relay.stops_at_set = &stop;
  relay.at_set = {Trouble::deaf};
  const auto switched = power().set(Power::on, within(10s));
  ASSERT_FALSE(switched);
  EXPECT_EQ(switched.error().cause(), Cause::stopped);
  EXPECT_EQ(relay.sets, 1);
}

}  // namespace
}  // namespace coldboot
