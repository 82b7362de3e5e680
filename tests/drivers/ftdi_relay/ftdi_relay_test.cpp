#include "drivers/ftdi_relay/ftdi_relay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/drivers/ftdi_relay/emulated_ftdi.hpp"
#include "tests/lab/shelf_bus.hpp"

namespace coldboot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Until no_hurry;

class FtdiCards : public testing::Test {
 protected:
  Result<std::unique_ptr<FtdiRelay>> open(FtdiRelayConfig config = {.serial = "A5XK3RJT"}) {
    config.where = "apu/power";
    if (config.product.empty()) config.product = "FT245R USB FIFO";
    return FtdiRelay::open(shelf.bus(), config, no_hurry);
  }

  Shelf shelf;
  EmulatedFtdi card{"A5XK3RJT"};
};

TEST_F(FtdiCards, SwitchOneRelayAndLeaveTheOthers) {
  shelf.plug(card, "1-4");
  const auto relay = open();
  ASSERT_TRUE(relay) << relay.error().text();
  EXPECT_EQ((*relay)->description(), "FTDI relay card A5XK3RJT at usb 1-4");
  ASSERT_TRUE((*relay)->set(8, Contact::closed, no_hurry));
  ASSERT_TRUE((*relay)->set(1, Contact::closed, no_hurry));
  EXPECT_EQ((*relay)->read(8, no_hurry).value(), Contact::closed);
  EXPECT_EQ((*relay)->read(2, no_hurry).value(), Contact::open);
  ASSERT_TRUE((*relay)->set(8, Contact::open, no_hurry));
  EXPECT_THAT(card.history(), ElementsAre(0x00, 0x80, 0x81, 0x01));
}

TEST_F(FtdiCards, KeepWhatWasSwitchedBeforeWhenOpenedAgain) {
  shelf.plug(card, "1-4");
  ASSERT_TRUE(open().value()->set(3, Contact::closed, no_hurry));
  const auto again = open();
  EXPECT_EQ((*again)->read(3, no_hurry).value(), Contact::closed);
  ASSERT_TRUE((*again)->set(1, Contact::closed, no_hurry));
  EXPECT_THAT(card.history(), ElementsAre(0x00, 0x04, 0x05)) << "no relay let go in between";
}

TEST_F(FtdiCards, AreNotTouchedUntilSomethingIsSwitched) {
  shelf.plug(card, "1-4");
  ASSERT_TRUE(open().value()->read(1, no_hurry));
  EXPECT_FALSE(card.was_touched());
}

TEST_F(FtdiCards, OfFourRelaysMayUseEverySecondPin) {
  shelf.plug(card, "1-4");
  const auto relay = open({.serial = "A5XK3RJT", .order = FtdiOrder::odd});
  ASSERT_TRUE((*relay)->set(1, Contact::closed, no_hurry));
  ASSERT_TRUE((*relay)->set(4, Contact::closed, no_hurry));
  EXPECT_THAT(card.history(), ElementsAre(0x00, 0x02, 0x82));
  EXPECT_EQ((*relay)->set(5, Contact::closed, no_hurry).error().cause(), Cause::refused);
}

TEST_F(FtdiCards, OnCbusPinsKeepEachOther) {
  EmulatedFtdi cable("FTCBUS01", "FT232R USB UART");
  shelf.plug(cable, "1-4");
  const auto relay = open({.serial = "FTCBUS01", .product = "FT232R USB UART", .pins = FtdiPins::cbus});
  ASSERT_TRUE(relay) << relay.error().text();
  ASSERT_TRUE((*relay)->set(1, Contact::closed, no_hurry));
  ASSERT_TRUE((*relay)->set(4, Contact::closed, no_hurry));
  EXPECT_TRUE(cable.cbus_pin(0));
  EXPECT_TRUE(cable.cbus_pin(3));
  EXPECT_EQ((*relay)->read(4, no_hurry).value(), Contact::closed);
  EXPECT_EQ((*relay)->read(2, no_hurry).value(), Contact::open);
  ASSERT_TRUE((*relay)->set(1, Contact::open, no_hurry));
  EXPECT_FALSE(cable.cbus_pin(0));
  EXPECT_TRUE(cable.cbus_pin(3));
  EXPECT_EQ((*relay)->set(5, Contact::closed, no_hurry).error().cause(), Cause::refused);
}

TEST_F(FtdiCards, AreNoConsoleCables) {
  EmulatedFtdi cable("A5XK3RJT", "FT232R USB UART");
  shelf.plug(cable, "1-4");
  const auto relay = open();
  ASSERT_FALSE(relay);
  EXPECT_EQ(relay.error().cause(), Cause::refused);
  EXPECT_THAT(relay.error().text(), HasSubstr("is called \"FT232R USB UART\", expected \"FT245R USB FIFO\""));
  EXPECT_FALSE(cable.was_touched());
}

TEST_F(FtdiCards, WithOneSerialNumberAreRefusedUntilThePortSaysWhich) {
  EmulatedFtdi twin("A5XK3RJT");
  shelf.plug(card, "1-4");
  shelf.plug(twin, "1-5");
  EXPECT_EQ(open().error().cause(), Cause::refused);
  ASSERT_TRUE(open({.port = "1-5"}).value()->set(1, Contact::closed, no_hurry));
  EXPECT_TRUE(twin.data_pin(0));
  EXPECT_FALSE(card.was_touched());
}

TEST_F(FtdiCards, ThatAreNotThereAreMissing) {
  EXPECT_EQ(open().error().cause(), Cause::missing);
  shelf.plug(card, "1-4");
  shelf.forbid("1-4");
  EXPECT_EQ(open().error().cause(), Cause::refused);
}

TEST_F(FtdiCards, ComeBackWithEveryPinAnInput) {
  shelf.plug(card, "1-4");
  const auto relay = open();
  card.fall_off_after_next_write(true);
  EXPECT_FALSE((*relay)->set(1, Contact::closed, no_hurry) && (*relay)->read(1, no_hurry));
  EXPECT_EQ((*relay)->read(1, no_hurry).value(), Contact::open);
  ASSERT_TRUE((*relay)->set(1, Contact::closed, no_hurry));
  EXPECT_TRUE(card.data_pin(0));
  shelf.unplug("1-4");
  EXPECT_EQ((*relay)->set(1, Contact::open, no_hurry).error().cause(), Cause::lost);
  EXPECT_EQ((*relay)->set(1, Contact::open, no_hurry).error().cause(), Cause::lost);
}

TEST_F(FtdiCards, ThatDoNotMoveAreSeenNotToHave) {
  shelf.plug(card, "1-4");
  const auto relay = open();
  card.stick(10);
  ASSERT_TRUE((*relay)->set(1, Contact::closed, no_hurry));
  EXPECT_EQ((*relay)->read(1, no_hurry).value(), Contact::open);
}

}  // namespace
}  // namespace coldboot
