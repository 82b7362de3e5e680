#include "harness/bench/chip_interlock.hpp"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bench/scripted_power.hpp"
#include "tests/bench/scripted_relay.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using SupplyTrouble = ScriptedSupply::Trouble;
using ContactTrouble = ScriptedRelay::Trouble;

class Interlock : public testing::Test {
 protected:
  Interlock() {
    supply.journal = &journal;
    relay.journal = &journal;
  }
  [[nodiscard]] Until in_time() const { return Until(clock.now() + 60s, stop.get_token()); }
  bool switches(Power wanted) { return interlock.set(wanted, in_time()).has_value(); }
  Result<ChipInterlock::Hold> hold_in_s5() { return interlock.hold_in_s5(s5, Channel{&relay, 4}, in_time()); }
  [[nodiscard]] bool has_power() const { return supply.power == Power::on; }

  VirtualClock clock{Instant(0s)};
  std::vector<std::string> journal;
  std::vector<EventBody> told;
  ScriptedSupply supply;
  ScriptedRelay relay{clock};
  std::stop_source stop;
  const S5Entry s5{.button = {}, .after = 5s, .press = 6s, .settle = 10s};
  ChipInterlock interlock{std::make_unique<ScriptedPower>(supply, clock), "apu/power", clock,
                          [this](EventBody event) { told.push_back(std::move(event)); }};
};

TEST_F(Interlock, GivesNoHoldUnlessPowerIsKnownToBeOff) {
  const auto refuses = [&] {
    const auto hold = interlock.hold();
    return !hold && hold.error().cause() == Cause::refused && !interlock.is_held();
  };
  EXPECT_TRUE(refuses()) << "nobody has switched it off yet";
  supply.at_set = {SupplyTrouble::faulty};
  ASSERT_FALSE(switches(Power::off));
  EXPECT_TRUE(refuses()) << "it failed";
  ASSERT_TRUE(switches(Power::on));
  supply.at_set = {SupplyTrouble::stays};
  ASSERT_TRUE(switches(Power::off));
  EXPECT_TRUE(refuses()) << "it reads back on";
  ASSERT_TRUE(switches(Power::off));
  ASSERT_TRUE(switches(Power::on));
  EXPECT_TRUE(refuses()) << "it is on again";
  ASSERT_TRUE(switches(Power::off));
  EXPECT_TRUE(interlock.hold());
}

TEST_F(Interlock, TrustsASwitchThatCannotBeRead) {
  supply.at_set = {SupplyTrouble::unread};
  ASSERT_TRUE(switches(Power::off));
  EXPECT_TRUE(interlock.hold());
}

TEST_F(Interlock, KnowsSinceWhenPowerIsOff) {
  EXPECT_EQ(interlock.off_since(), std::nullopt);
  ASSERT_TRUE(switches(Power::off));
  EXPECT_EQ(interlock.off_since(), Instant(0s));
  ASSERT_TRUE(press(Channel{&relay, 5}, 2s, clock, in_time(), "apu/flash"));
  ASSERT_TRUE(switches(Power::off));
  EXPECT_EQ(interlock.off_since(), Instant(0s)) << "it was all the time";
  supply.at_set = {SupplyTrouble::faulty};
  ASSERT_FALSE(switches(Power::on));
  EXPECT_EQ(interlock.off_since(), std::nullopt) << "it may have come on";
  ASSERT_TRUE(switches(Power::off));
  EXPECT_GT(interlock.off_since(), Instant(2s));
}

TEST_F(Interlock, GivesNoPowerWhileThereIsAHold) {
  ASSERT_TRUE(switches(Power::off));
  auto hold = interlock.hold();
  ASSERT_TRUE(hold) << hold.error().text();
  const auto refused = interlock.set(Power::on, in_time());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause(), Cause::refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("apu/power: no power: the lines of the firmware chip are driven"));
  EXPECT_TRUE(switches(Power::off)) << "it may always be taken away";
  EXPECT_THAT(journal, ElementsAre("power off at 0 ms", "power off at 0 ms")) << "the switch was not even asked";
  hold->let_go();
  EXPECT_TRUE(switches(Power::on));
  EXPECT_TRUE(has_power());
}

TEST_F(Interlock, StaysInForceWhenAHoldGoesWithoutAWord) {
  ASSERT_TRUE(switches(Power::off));
  {
    const auto forgotten = interlock.hold();
  }
  EXPECT_TRUE(interlock.is_held());
  EXPECT_FALSE(switches(Power::on));
  EXPECT_FALSE(interlock.hold()) << "nor may anybody else drive the lines";
}

TEST_F(Interlock, IsHeldByOneAlone) {
  ASSERT_TRUE(switches(Power::off));
  auto first = interlock.hold();
  ASSERT_TRUE(first);
  const auto second = interlock.hold();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().cause(), Cause::refused);
  auto moved = std::move(*first);
  first->let_go();  // it is nobody's any more
  EXPECT_TRUE(interlock.is_held());
  moved.let_go();
  moved.let_go();
  EXPECT_FALSE(interlock.is_held());
  EXPECT_TRUE(interlock.hold());
}

TEST_F(Interlock, IsHeldForSomebodyWhoDied) {
  {
    (void)interlock.hold_for_the_dead();
  }
  EXPECT_FALSE(switches(Power::on));
  auto rescuer = interlock.hold_for_the_dead();
  rescuer.let_go();
  EXPECT_TRUE(switches(Power::on));
}

TEST_F(Interlock, BringsTheBoardIntoS5) {
  ASSERT_TRUE(switches(Power::off));
  auto hold = hold_in_s5();
  ASSERT_TRUE(hold) << hold.error().text();
  EXPECT_THAT(journal,
              ElementsAre("power off at 0 ms", "power on at 0 ms", "4 closed at 5001 ms", "4 open at 11003 ms"));
  EXPECT_GE(clock.now(), Instant(21s)) << "it settles";
  ASSERT_EQ(told.size(), 1U);
  const auto& switched = std::get<PowerSwitched>(told.front());
  EXPECT_EQ(switched.wanted, Power::on);
  EXPECT_TRUE(switched.aside) << "no boot begins with that";
  EXPECT_FALSE(switches(Power::on)) << "as long as it is held";
  EXPECT_EQ(interlock.off_since(), std::nullopt);
  hold->let_go();
  EXPECT_FALSE(interlock.hold()) << "its supply is on still";
  EXPECT_TRUE(switches(Power::off));
  EXPECT_TRUE(interlock.hold());
}

TEST_F(Interlock, BringsNoBoardIntoS5ThatMayHavePower) {
  ASSERT_TRUE(switches(Power::on));
  EXPECT_EQ(hold_in_s5().error().cause(), Cause::refused);
  EXPECT_TRUE(has_power()) << "left as it was";
}

/// Whatever goes wrong on the way into S5, the board has no supply then, its button is free, and nobody holds it.
class OnTheWayIntoS5 : public Interlock {
 protected:
  void expect_given_up(std::string_view why) {
    ASSERT_TRUE(switches(Power::off));
    supply.at_set = on_supply;
    relay.at_set = on_button;
    const auto hold = hold_in_s5();
    ASSERT_FALSE(hold);
    EXPECT_THAT(hold.error().text(), HasSubstr("the board did not get into S5"));
    EXPECT_THAT(hold.error().text(), HasSubstr(std::string(why)));
    EXPECT_FALSE(has_power());
    EXPECT_EQ(relay.contact(4), Contact::open);
    EXPECT_FALSE(interlock.is_held());
    EXPECT_TRUE(interlock.off_since());
  }
  std::deque<SupplyTrouble> on_supply;
  std::deque<ContactTrouble> on_button;
};

TEST_F(OnTheWayIntoS5, TheSupplyFails) {
  on_supply = {SupplyTrouble::faulty};
  expect_given_up("no answer");
}

TEST_F(OnTheWayIntoS5, TheSupplyStaysOff) {
  on_supply = {SupplyTrouble::stays};
  expect_given_up("it reads back off");
}

TEST_F(OnTheWayIntoS5, TheButtonFails) {
  on_button = {ContactTrouble::hidden};
  expect_given_up("no answer");
}

TEST_F(OnTheWayIntoS5, TheButtonIsNotPressed) {
  on_button = {ContactTrouble::deaf};
  expect_given_up("channel 4 of scripted relay reads back open, expected closed");
}

TEST_F(OnTheWayIntoS5, TheButtonIsReleasedInSeveralTries) {
  on_button = {ContactTrouble::faulty, ContactTrouble::deaf, ContactTrouble::faulty};
  expect_given_up("no answer");
}

TEST_F(OnTheWayIntoS5, SomebodyAsksToStop) {
  relay.stops_at_set = &stop;
  expect_given_up("stop");
}

TEST_F(OnTheWayIntoS5, TheSupplyCannotEvenBeSwitchedOff) {
  ASSERT_TRUE(switches(Power::off));
  supply.at_set = {SupplyTrouble::none, SupplyTrouble::faulty};
  relay.at_set = {ContactTrouble::deaf};
  const auto hold = hold_in_s5();
  ASSERT_FALSE(hold);
  EXPECT_THAT(hold.error().text(), HasSubstr("could not be switched off"));
  EXPECT_EQ(interlock.off_since(), std::nullopt);
  EXPECT_FALSE(interlock.hold());
}

TEST_F(OnTheWayIntoS5, TheButtonIsStuck) {
  relay.put(4, Contact::closed);
  relay.stuck = {4};
  ASSERT_TRUE(switches(Power::off));
  const auto hold = hold_in_s5();
  ASSERT_FALSE(hold);
  EXPECT_THAT(hold.error().text(), HasSubstr("could not be opened"));
  EXPECT_FALSE(has_power());
}

/// A switch that takes note when it is told to give power while somebody drives lines.
class WatchedPower final : public PowerSwitch {
 public:
  WatchedPower(const std::atomic<bool>& driven, std::atomic<int>& accidents) : driven_(driven), accidents_(accidents) {}
  Result<PowerSwitched> set(Power wanted, const Until&) override {
    if (wanted == Power::on && driven_) ++accidents_;
    is_on_ = wanted == Power::on;
    return PowerSwitched{.wanted = wanted, .read_back = wanted};
  }
  Result<std::optional<Power>> state(const Until&) override { return std::optional<Power>(); }
  [[nodiscard]] bool is_on() const { return is_on_; }

 private:
  const std::atomic<bool>& driven_;
  std::atomic<int>& accidents_;
  std::atomic<bool> is_on_{false};
};

TEST(InterlockOfTwo, NeverHasPowerAndDrivenLinesTogether) {
  std::atomic<bool> driven{false};
  std::atomic<int> accidents{0};
  SteadyClock clock;
  auto power = std::make_unique<WatchedPower>(driven, accidents);
  const WatchedPower& dut = *power;
  ChipInterlock interlock(std::move(power), "apu/power", clock, [](const EventBody&) {});
  const Until no_hurry{Instant::max()};
  const std::jthread boots([&](const std::stop_token& enough) {
    while (!enough.stop_requested()) {
      (void)interlock.set(Power::on, no_hurry);
      std::this_thread::yield();
    }
  });
  for (int flashed = 0; flashed < 50;) {
    ASSERT_TRUE(interlock.set(Power::off, no_hurry));
    auto hold = interlock.hold();
    if (!hold) continue;  // it has been switched on again meanwhile
    driven = true;
    if (dut.is_on()) ++accidents;
    std::this_thread::yield();
    if (dut.is_on()) ++accidents;
    driven = false;
    hold->let_go();
    ++flashed;
  }
  EXPECT_EQ(accidents, 0);
}

}  // namespace
}  // namespace coldboot
