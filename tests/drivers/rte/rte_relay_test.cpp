#include "drivers/rte/rte_relay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/rte/rte_driver.hpp"
#include "tests/drivers/rte/rte_emulator.hpp"
#include "tests/leaping_clock.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Trouble = RteEmulator::Trouble;

constexpr int supply = 0;
constexpr int reset_button = 8;
constexpr int power_button = 9;
constexpr int cmos_jumper = 11;

class RteTest : public testing::Test {
 protected:
  [[nodiscard]] Until soon() const { return Until(clock.now() + 60s); }

  std::unique_ptr<Relay> output(int pin, std::optional<int> let_go = std::nullopt) {
    auto device = WebDevice::open({.url = rte.url()}, {}, {}, "bench/power");
    EXPECT_TRUE(device);
    return std::make_unique<RteRelay>(std::move(*device), RteRelay::Output{pin, let_go}, clock);
  }

  LeapingClock clock;
  RteEmulator rte{clock};
};

TEST_F(RteTest, SwitchesTheSupply) {
  const auto relay = output(supply);
  ASSERT_TRUE(relay->set(1, Contact::closed, soon()));
  EXPECT_TRUE(rte.board_has_power());
  EXPECT_EQ(relay->read(1, soon()).value(), Contact::closed);
  ASSERT_TRUE(relay->set(1, Contact::open, soon()));
  EXPECT_FALSE(rte.board_has_power());
  EXPECT_EQ(relay->read(1, soon()).value(), Contact::open);
}

TEST_F(RteTest, NeverLetsGoOfTheSupplyWhenItIsToldToHoldIt) {
  const auto relay = output(supply);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(relay->set(1, Contact::closed, soon()));
  EXPECT_EQ(rte.power_losses(), 0) << "the direction was sent along";
}

TEST_F(RteTest, ReadsThatARestartedServiceDroppedTheSupply) {
  const auto relay = output(supply);
  ASSERT_TRUE(relay->set(1, Contact::closed, soon()));
  rte.restart();
  EXPECT_EQ(relay->read(1, soon()).value(), Contact::open);
  ASSERT_TRUE(relay->set(1, Contact::closed, soon()));
  EXPECT_TRUE(rte.board_has_power());
}

TEST_F(RteTest, DoesNotBelieveAnErrorThatCallsItselfASuccess) {
  const auto relay = output(supply);
  ASSERT_TRUE(relay->read(1, soon()));
  rte.put_trouble(Trouble::error_with_200);
  const auto refused = relay->set(1, Contact::closed, soon());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause(), Cause::refused);
  EXPECT_EQ(refused.error().where(), "bench/power");
  EXPECT_THAT(refused.error().text(), HasSubstr("bad parameters"));
  EXPECT_FALSE(rte.board_has_power());
}

TEST_F(RteTest, DoesNotTakeAnotherPageForItsAnswer) {
  rte.put_trouble(Trouble::no_json);
  EXPECT_EQ(output(supply)->read(1, soon()).error().cause(), Cause::protocol);
}

TEST_F(RteTest, SaysWhenThePinStaysAsItIs) {
  const auto relay = output(supply);
  rte.stick(supply);
  const auto stuck = relay->set(1, Contact::closed, soon());
  ASSERT_FALSE(stuck);
  EXPECT_EQ(stuck.error().cause(), Cause::protocol);
  EXPECT_THAT(stuck.error().text(), HasSubstr("says 0 after it was set to 1"));
}

TEST_F(RteTest, DoesNotMakeAnInputOfTheSupplyAnOutputByItself) {
  rte.make_input(supply);
  const auto refused = output(supply)->set(1, Contact::closed, soon());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause(), Cause::refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("input"));
}

TEST_F(RteTest, MakesAnOutputOfAButtonsPinOnce) {
  rte.make_input(power_button);
  const auto button = output(power_button);
  ASSERT_TRUE(button->set(1, Contact::closed, soon()));
  EXPECT_TRUE(rte.is_pressed(power_button));
  rte.make_input(power_button);
  EXPECT_EQ(button->set(1, Contact::open, soon()).error().cause(), Cause::refused) << "somebody changed it meanwhile";
  EXPECT_TRUE(button->set(1, Contact::open, soon())) << "and the next try makes it one again";
  EXPECT_FALSE(rte.is_pressed(power_button));
}

TEST_F(RteTest, SaysWhenAPinIsNotThere) {
  rte.leave_out_of_configuration(power_button);
  const auto missing = output(power_button)->set(1, Contact::closed, soon());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().cause(), Cause::refused);
  EXPECT_THAT(missing.error().text(), HasSubstr("pin 9"));
}

TEST_F(RteTest, HasOneChannel) {
  EXPECT_EQ(output(supply)->set(2, Contact::closed, soon()).error().cause(), Cause::refused);
  EXPECT_TRUE(rte.asked().empty());
}

TEST_F(RteTest, DoesNotKnowWhatBecameOfAChangeWhoseAnswerWasCutOff) {
  const auto relay = output(supply);
  ASSERT_TRUE(relay->read(1, soon()));
  ASSERT_TRUE(relay->set(1, Contact::open, soon()));
  rte.put_trouble(Trouble::hangs_up_after_acting);
  EXPECT_EQ(relay->set(1, Contact::closed, soon()).error().cause(), Cause::lost);
  EXPECT_EQ(relay->read(1, soon()).value(), Contact::closed) << "which reading back tells";
}

TEST_F(RteTest, GivesUpOnAServiceThatDoesNotAnswer) {
  rte.put_trouble(Trouble::silent);
  EXPECT_EQ(output(supply)->read(1, Until(std::chrono::steady_clock::now() + 20ms)).error().cause(), Cause::timeout);
}

TEST_F(RteTest, PressesAndLetsGoOfAButton) {
  const auto button = output(power_button, 10);
  ASSERT_TRUE(button->set(1, Contact::closed, soon()));
  EXPECT_TRUE(rte.is_pressed(power_button));
  ASSERT_TRUE(button->set(1, Contact::open, soon()));
  EXPECT_FALSE(rte.is_pressed(power_button));
  EXPECT_EQ(rte.times_pressed(power_button), 1);
}

TEST_F(RteTest, HasTheRteLetGoWhenWeCannot) {
  output(power_button, 10)->set(1, Contact::closed, soon()).value();
  clock.leap(9s);
  EXPECT_TRUE(rte.is_pressed(power_button));
  clock.leap(2s);
  EXPECT_FALSE(rte.is_pressed(power_button));
}

TEST_F(RteTest, IsNotLetGoOfByTheTimerOfAnEarlierPress) {
  const auto button = output(power_button, 10);
  ASSERT_TRUE(button->set(1, Contact::closed, soon()));
  ASSERT_TRUE(button->set(1, Contact::open, soon()));
  ASSERT_TRUE(button->set(1, Contact::closed, soon()));
  clock.leap(6s);
  EXPECT_TRUE(rte.is_pressed(power_button)) << "10 s after the second press have not passed";
  EXPECT_EQ(rte.times_pressed(power_button), 2);
}

TEST_F(RteTest, DoesNotWaitForATimerBeyondItsDeadline) {
  const auto button = output(power_button, 10);
  ASSERT_TRUE(button->set(1, Contact::closed, soon()));
  ASSERT_TRUE(button->set(1, Contact::open, soon()));
  EXPECT_EQ(button->set(1, Contact::closed, Until(clock.now() + 5s)).error().cause(), Cause::timeout);
  EXPECT_FALSE(rte.is_pressed(power_button));
}

TEST_F(RteTest, LetsGoOfAButtonThatWasLeftPressed) {
  rte.press_by_hand(reset_button);
  const auto button = output(reset_button, 10);
  EXPECT_EQ(button->read(1, soon()).value(), Contact::closed);
  ASSERT_TRUE(button->set(1, Contact::open, soon()));
  EXPECT_FALSE(rte.is_pressed(reset_button));
}

/// README.md says what to do about it: the answer does not show it.
TEST_F(RteTest, CannotSeeThatTheResetPinIsMappedToAnotherLine) {
  rte.map_reset_to_cmos();
  const auto button = output(reset_button, 1);
  ASSERT_TRUE(button->set(1, Contact::closed, soon()));
  EXPECT_EQ(rte.times_pressed(reset_button), 0);
  EXPECT_EQ(rte.times_pressed(cmos_jumper), 1);
}

TEST(RteKeys, HaveNoWiringBuiltIn) {
  const keys::Table table = rte_relay_keys();
  bool found = false;
  for (const auto& key : table.shape->keys) {
    if (key.name != "gpio") continue;
    found = true;
    EXPECT_TRUE(key.required);
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace coldboot
