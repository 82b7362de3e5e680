#include "drivers/hid_relay/lcus_hid_relay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/drivers/hid_relay/hid_relay_board.hpp"
#include "tests/drivers/hid_relay/lcus_hid_board.hpp"
#include "tests/lab/shelf_bus.hpp"

namespace coldboot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Until in_its_own_time;

class LcusHid : public testing::Test {
 protected:
  Result<std::unique_ptr<LcusHidRelay>> open() { return LcusHidRelay::open(shelf.bus(), {"apu/power", "1-4", 2}); }
  Shelf shelf;
};

TEST_F(LcusHid, SwitchesWithAFrameAtItsEndpoint) {
  EXPECT_THAT(lcus_hid_command(2, Contact::closed), ElementsAre(0xa0, 2, 1, 0xa3));
  EXPECT_THAT(lcus_hid_command(1, Contact::open), ElementsAre(0xa0, 1, 0, 0xa1));
  EmulatedLcusHid board(2);
  shelf.plug(board, "1-4");
  const auto relay = open();
  ASSERT_TRUE(relay) << relay.error().text();
  ASSERT_TRUE((*relay)->set(2, Contact::closed, in_its_own_time));
  EXPECT_TRUE(board.is_on(2));
  EXPECT_FALSE(board.is_on(1));
  EXPECT_EQ(board.waiting_answers(), 0U) << "its answers do not pile up";
  ASSERT_TRUE((*relay)->set(2, Contact::open, in_its_own_time));
  EXPECT_FALSE(board.is_on(2));
}

TEST_F(LcusHid, WithoutAnEndpointSwitchesWithAReport) {
  EmulatedLcusHid board(2, false);
  shelf.plug(board, "1-4");
  ASSERT_TRUE(open().value()->set(1, Contact::closed, in_its_own_time));
  EXPECT_TRUE(board.is_on(1));
}

TEST_F(LcusHid, CannotBeAsked) {
  EmulatedLcusHid board(2);
  shelf.plug(board, "1-4");
  EXPECT_EQ(open().value()->read(1, in_its_own_time).value(), std::nullopt);
}

TEST_F(LcusHid, IsNoOtherDevice) {
  EXPECT_EQ(open().error().cause(), Cause::missing);
  EmulatedHidRelay other("BITFT", 2);
  shelf.plug(other, "1-4");
  const auto relay = open();
  ASSERT_FALSE(relay);
  EXPECT_EQ(relay.error().cause(), Cause::refused);
  EXPECT_THAT(relay.error().text(), HasSubstr("found 16c0:05df at usb 1-4, expected 5131:2007"));
}

TEST_F(LcusHid, ThatIsUnpluggedIsLost) {
  EmulatedLcusHid board(2);
  shelf.plug(board, "1-4");
  const auto relay = open();
  shelf.unplug("1-4");
  EXPECT_EQ((*relay)->set(1, Contact::closed, in_its_own_time).error().cause(), Cause::lost);
  EXPECT_EQ((*relay)->set(1, Contact::closed, in_its_own_time).error().cause(), Cause::lost);
  EXPECT_EQ((*relay)->set(3, Contact::closed, in_its_own_time).error().cause(), Cause::refused);
}

}  // namespace
}  // namespace coldboot
