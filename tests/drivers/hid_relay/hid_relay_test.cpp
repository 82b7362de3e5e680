#include "drivers/hid_relay/hid_relay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/drivers/hid_relay/hid_relay_board.hpp"
#include "tests/lab/shelf_bus.hpp"

namespace coldboot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Upset = EmulatedHidRelay::Upset;

const Until no_hurry;

class HidRelays : public testing::Test {
 protected:
  Result<std::unique_ptr<HidRelay>> open(HidRelayIdentity identity = {.id = "BITFT"}) {
    return HidRelay::open(shelf.bus(), {"apu/power", std::move(identity)}, no_hurry);
  }

  Shelf shelf;
  EmulatedHidRelay board{"BITFT", 2};
};

TEST_F(HidRelays, SwitchOneChannelAndLeaveTheOthers) {
  shelf.plug(board, "1-4");
  const auto relay = open();
  ASSERT_TRUE(relay) << relay.error().text();
  EXPECT_EQ((*relay)->description(), "USB HID relay BITFT, 2 channels, at usb 1-4");
  ASSERT_TRUE((*relay)->set(2, Contact::closed, no_hurry));
  EXPECT_TRUE(board.is_on(2));
  EXPECT_FALSE(board.is_on(1));
  EXPECT_EQ((*relay)->read(2, no_hurry).value(), Contact::closed);
  EXPECT_EQ((*relay)->read(1, no_hurry).value(), Contact::open);
  ASSERT_TRUE((*relay)->set(2, Contact::open, no_hurry));
  EXPECT_THAT(board.edges(), ElementsAre("2 on", "2 off"));
}

TEST_F(HidRelays, AreLeftAsTheyAreWhenOpenedAndClosed) {
  shelf.plug(board, "1-4");
  ASSERT_TRUE(open().value()->set(1, Contact::closed, no_hurry));
  ASSERT_TRUE(open());
  EXPECT_TRUE(board.is_on(1));
}

TEST_F(HidRelays, HaveNoOtherChannelsThanTheirs) {
  shelf.plug(board, "1-4");
  const auto relay = open();
  for (const int channel : {0, 3, 9, -1}) {
    const auto set = (*relay)->set(channel, Contact::closed, no_hurry);
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().cause(), Cause::refused);
    EXPECT_THAT(set.error().text(), HasSubstr("expected one of the board's 2"));
    EXPECT_EQ((*relay)->read(channel, no_hurry).error().cause(), Cause::refused);
  }
  EXPECT_EQ(board.commands(), 0);
}

TEST_F(HidRelays, AreFoundByIdByPortAndBySerialNumber) {
  EmulatedHidRelay other("ZZZZZ", 8, "", "SN42");
  shelf.plug(board, "1-4");
  shelf.plug(other, "1-5.1");
  EXPECT_EQ(open({.id = "ZZZZZ"}).value()->description(), "USB HID relay ZZZZZ, 8 channels, at usb 1-5.1");
  EXPECT_EQ(open({.port = "1-5.1"}).value()->description(), "USB HID relay ZZZZZ, 8 channels, at usb 1-5.1");
  EXPECT_EQ(open({.serial = "SN42"}).value()->description(), "USB HID relay ZZZZZ, 8 channels, at usb 1-5.1");
  EXPECT_EQ(open().value()->description(), "USB HID relay BITFT, 2 channels, at usb 1-4");
}

TEST_F(HidRelays, ThatAreNotThereAreMissingAndOthersAreNamed) {
  const auto none = open();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().cause(), Cause::missing);
  shelf.plug(board, "1-4");
  const auto other = open({.id = "OTHER"});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().cause(), Cause::missing);
  EXPECT_EQ(other.error().text(),
            "apu/power: found no HID relay board with the id OTHER (is it plugged in? there is BITFT at usb 1-4)");
}

TEST_F(HidRelays, WithOneIdAreRefusedUntilThePortSaysWhich) {
  EmulatedHidRelay twin("BITFT", 1);
  shelf.plug(board, "1-4");
  shelf.plug(twin, "1-5");
  const auto both = open();
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().cause(), Cause::refused);
  EXPECT_THAT(both.error().text(), HasSubstr("BITFT at usb 1-4, BITFT at usb 1-5"));
  ASSERT_TRUE(open({.port = "1-5"}).value()->set(1, Contact::closed, no_hurry));
  EXPECT_TRUE(twin.is_on(1));
  EXPECT_EQ(board.commands(), 0);
}

TEST_F(HidRelays, AreNotOtherDevicesWithTheSameUsbIds) {
  EmulatedHidRelay stranger("BITFT", 2, "Infrared remote");
  shelf.plug(stranger, "1-4");
  EXPECT_EQ(open().error().cause(), Cause::missing);
  EXPECT_EQ(open({.port = "1-4"}).error().cause(), Cause::missing);
  EXPECT_EQ(stranger.commands(), 0);
}

TEST_F(HidRelays, ThatMayNotBeUsedSayWhatGivesTheRight) {
  shelf.plug(board, "1-4");
  shelf.forbid("1-4");
  const auto relay = open();
  ASSERT_FALSE(relay);
  EXPECT_EQ(relay.error().cause(), Cause::refused);
  EXPECT_THAT(relay.error().text(), HasSubstr("no HID relay board with the id BITFT answers: no right to it"));
}

TEST_F(HidRelays, ThatAreUnpluggedAreLostAndFoundAgain) {
  shelf.plug(board, "1-4");
  const auto relay = open();
  shelf.unplug("1-4");
  EXPECT_EQ((*relay)->set(1, Contact::closed, no_hurry).error().cause(), Cause::lost);
  const auto again = (*relay)->set(1, Contact::closed, no_hurry);
  EXPECT_EQ(again.error().cause(), Cause::lost);
  EXPECT_THAT(again.error().text(), HasSubstr("it is gone: no HID relay board with the id BITFT"));
  EXPECT_EQ((*relay)->read(1, no_hurry).error().cause(), Cause::lost);
  shelf.plug(board, "1-7");
  ASSERT_TRUE((*relay)->set(1, Contact::closed, no_hurry));
  EXPECT_EQ((*relay)->description(), "USB HID relay BITFT, 2 channels, at usb 1-7");
  EXPECT_TRUE(board.is_on(1));
}

TEST_F(HidRelays, ComeBackWithEveryContactOpen) {
  shelf.plug(board, "1-4");
  const auto relay = open();
  board.upset_after_command(1, Upset::reenumerates);
  EXPECT_EQ((*relay)->set(1, Contact::closed, no_hurry).error().cause(), Cause::lost);
  EXPECT_EQ((*relay)->read(1, no_hurry).value(), Contact::open);
  EXPECT_THAT(board.edges(), ElementsAre("1 on", "1 off"));
}

TEST_F(HidRelays, ThatAnswerGarbageAreFaulty) {
  shelf.plug(board, "1-4");
  const auto relay = open();
  board.garble(1);
  EXPECT_EQ((*relay)->read(1, no_hurry).error().cause(), Cause::protocol);
  EXPECT_TRUE((*relay)->read(1, no_hurry));
  board.shorten(1);
  EXPECT_EQ((*relay)->read(1, no_hurry).error().cause(), Cause::protocol);
  board.garble(1);
  EXPECT_EQ(open().error().cause(), Cause::protocol) << "it may be the one, so it is not said to be missing";
}

TEST_F(HidRelays, ThatTurnIntoAnotherAreFaulty) {
  shelf.plug(board, "1-4");
  const auto relay = open();
  board.call_itself("OTHER");
  const auto read = (*relay)->read(1, no_hurry);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().cause(), Cause::protocol);
  EXPECT_THAT(read.error().text(), HasSubstr("found the id OTHER, expected BITFT"));
}

TEST_F(HidRelays, TellADisturbedTransferFromAMissingAnswer) {
  shelf.plug(board, "1-4");
  const auto relay = open();
  board.disturb(1);
  EXPECT_EQ((*relay)->set(1, Contact::closed, no_hurry).error().cause(), Cause::io);
  EXPECT_TRUE((*relay)->set(1, Contact::closed, no_hurry));
  board.fall_silent(1);
  EXPECT_EQ((*relay)->read(1, no_hurry).error().cause(), Cause::timeout);
  EXPECT_EQ((*relay)->read(1, no_hurry).value(), Contact::closed);
}

TEST_F(HidRelays, ThatDoNotMoveAreSeenNotToHave) {
  shelf.plug(board, "1-4");
  const auto relay = open();
  board.stick(1);
  ASSERT_TRUE((*relay)->set(1, Contact::closed, no_hurry));
  EXPECT_EQ((*relay)->read(1, no_hurry).value(), Contact::open);
}

}  // namespace
}  // namespace coldboot
