#include "harness/bench/button_power.hpp"

#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/bench/relay_power.hpp"
#include "harness/core/virtual_clock.hpp"
#include "tests/bench/scripted_relay.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Trouble = ScriptedRelay::Trouble;

constexpr int supply_channel = 1;
constexpr int button_channel = 2;

class PowerButton : public testing::Test {
 protected:
  std::unique_ptr<ButtonPower> power() {
    const RelayEntry supply{.channel = supply_channel, .settle = 0s, .retries = 0};
    const ButtonEntry button{.device = {}, .channel = button_channel};
    return std::make_unique<ButtonPower>(std::make_unique<RelayPower>(relay, supply, "apu/power", clock, [](auto) {}),
                                         relay, button, "apu/button", clock);
  }
  [[nodiscard]] Until within(Nanos length) const { return Until(clock.now() + length, stop.get_token()); }

  VirtualClock clock{Instant(0s)};
  ScriptedRelay relay{clock};
  std::stop_source stop;
};

TEST_F(PowerButton, IsPressedAfterPowerCameAndReleased) {
  const auto switched = power()->set(Power::on, within(10s));
  ASSERT_TRUE(switched) << switched.error().text();
  EXPECT_EQ(relay.contact(supply_channel), Contact::closed);
  EXPECT_EQ(relay.contact(button_channel), Contact::open);
  EXPECT_EQ(switched->sent, Instant(1002ms)) << "the boot begins with the press, a second after the supply";
  EXPECT_EQ(switched->returned, Instant(1003ms));
  EXPECT_EQ(switched->read_back, Power::on);
  EXPECT_GE(clock.now(), Instant(1503ms));
}

TEST_F(PowerButton, IsLeftAloneToSwitchOff) {
  relay.put(supply_channel, Contact::closed);
  const auto switched = power()->set(Power::off, within(10s));
  ASSERT_TRUE(switched);
  EXPECT_EQ(relay.sets, 1);
  EXPECT_EQ(relay.contact(supply_channel), Contact::open);
}

TEST_F(PowerButton, IsReleasedWhenSomebodyAsksToStopWhileItIsHeld) {
  const auto board = power();
  relay.at_set = {Trouble::none};
  stop.request_stop();
  EXPECT_EQ(board->set(Power::on, within(10s)).error().cause(), Cause::stopped);
  EXPECT_EQ(relay.contact(button_channel), Contact::open);
}

TEST_F(PowerButton, IsReleasedWhenThePressSeemsToHaveFailed) {
  relay.at_set = {Trouble::none, Trouble::hidden};
  const auto switched = power()->set(Power::on, within(10s));
  ASSERT_FALSE(switched);
  EXPECT_THAT(switched.error().text(), HasSubstr("pressing the power button"));
  EXPECT_EQ(relay.contact(button_channel), Contact::open);
}

TEST_F(PowerButton, ThatDoesNotMoveIsAFaultOfTheBench) {
  relay.at_set = {Trouble::none, Trouble::deaf};
  const auto switched = power()->set(Power::on, within(10s));
  ASSERT_FALSE(switched);
  EXPECT_EQ(switched.error().cause(), Cause::protocol);
  EXPECT_THAT(switched.error().text(), HasSubstr("channel 2 of scripted relay reads back open, expected closed"));
}

TEST_F(PowerButton, IsReleasedInSeveralTries) {
  relay.at_set = {Trouble::none, Trouble::none, Trouble::faulty, Trouble::deaf, Trouble::none};
  ASSERT_TRUE(power()->set(Power::on, within(10s)));
  EXPECT_EQ(relay.contact(button_channel), Contact::open);
}

TEST_F(PowerButton, ThatStaysPressedIsToldAndReleasedAtTheNextChance) {
  const auto board = power();
  relay.at_set = {Trouble::none, Trouble::none, Trouble::deaf, Trouble::deaf, Trouble::deaf};
  const auto switched = board->set(Power::on, within(10s));
  ASSERT_FALSE(switched);
  EXPECT_THAT(switched.error().text(), HasSubstr("the power button could not be released"));
  EXPECT_EQ(relay.contact(button_channel), Contact::closed);
  ASSERT_TRUE(board->set(Power::off, within(10s)));
  EXPECT_EQ(relay.contact(button_channel), Contact::open);
}

TEST_F(PowerButton, DoesNotKeepPowerOnWhenItIsStuck) {
  const auto board = power();
  relay.at_set = {Trouble::none, Trouble::none, Trouble::deaf, Trouble::deaf,
                  Trouble::deaf, Trouble::deaf, Trouble::deaf, Trouble::deaf};
  ASSERT_FALSE(board->set(Power::on, within(10s)));
  ASSERT_TRUE(board->set(Power::off, within(10s)));
  EXPECT_EQ(relay.contact(supply_channel), Contact::open);
}

}  // namespace
}  // namespace coldboot
