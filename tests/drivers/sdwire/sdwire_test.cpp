#include "drivers/sdwire/sdwire.hpp"

#include <gmock/gmock.h>

#include "tests/drivers/sdwire/emulated_sdwire.hpp"
#include "tests/lab/shelf_bus.hpp"

namespace coldboot {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Until no_hurry;

class SdWires : public testing::Test {
 protected:
  SdWire sdwire(const std::string& id = "sdw-5", const std::string& port = "") {
    return SdWire(shelf.bus(), {.where = "apu/sd", .id = id, .port = port});
  }

  Shelf shelf;
  EmulatedSdWire board{"sdw-5"};
};

TEST_F(SdWires, MoveTheCardAndSayWhereItIs) {
  shelf.plug(board, "1-4.2");
  SdWire mux = sdwire();
  ASSERT_TRUE(mux.connect(no_hurry));
  EXPECT_EQ(mux.description(), "SDWire sdw-5 at usb 1-4.2");
  EXPECT_EQ(mux.side(no_hurry).value(), CardSide::dut);
  ASSERT_TRUE(mux.turn(CardSide::host, no_hurry));
  EXPECT_TRUE(board.is_at_host());
  EXPECT_EQ(mux.side(no_hurry).value(), CardSide::host);
  ASSERT_TRUE(mux.turn(CardSide::dut, no_hurry));
  EXPECT_THAT(board.history(), ElementsAre(0x20f1, 0x20f0));
  const auto reader = mux.reader(no_hurry).value();
  EXPECT_EQ(reader.hub, "1-4");
  EXPECT_EQ(reader.chip, "1-4.2");
}

TEST_F(SdWires, AreFoundByTheirPort) {
  EmulatedSdWire twin{"sdw-5"};
  shelf.plug(board, "1-4.2");
  shelf.plug(twin, "1-5.2");
  const auto either = sdwire().connect(no_hurry);
  ASSERT_FALSE(either);
  EXPECT_THAT(either.error().text(), AllOf(HasSubstr("found 2 SDWires"), HasSubstr("1-4.2"), HasSubstr("1-5.2")));
  ASSERT_TRUE(sdwire("", "1-5.2").turn(CardSide::host, no_hurry));
  EXPECT_TRUE(twin.is_at_host());
  EXPECT_FALSE(board.is_at_host());
}

TEST_F(SdWires, AreNoSdMuxesWithTheSameUsbIds) {
  EmulatedSdWire other{"sdw-5", "sd-mux"};
  shelf.plug(other, "1-4.2");
  const auto turned = sdwire().turn(CardSide::host, no_hurry);
  ASSERT_FALSE(turned);
  EXPECT_EQ(turned.error().cause(), Cause::refused);
  EXPECT_THAT(turned.error().text(), HasSubstr("is called \"sd-mux\", expected \"sd-wire\""));
  EXPECT_THAT(other.history(), IsEmpty());
}

TEST_F(SdWires, AreAtAHubOfTheirOwn) {
  shelf.plug(board, "1-4");
  const auto connected = sdwire().connect(no_hurry);
  ASSERT_FALSE(connected);
  EXPECT_THAT(connected.error().text(), HasSubstr("is at usb 1-4, expected it at a hub of its own"));
}

TEST_F(SdWires, ThatAreNotThereOrStuckOrGoneAreFaults) {
  EXPECT_EQ(sdwire().connect(no_hurry).error().cause(), Cause::missing);
  shelf.plug(board, "1-4.2");
  board.stick();
  const auto stuck = sdwire().turn(CardSide::host, no_hurry);
  ASSERT_FALSE(stuck);
  EXPECT_EQ(stuck.error().cause(), Cause::protocol);
  EXPECT_THAT(stuck.error().text(), HasSubstr("reads back the DUT, expected the host"));
  SdWire mux = sdwire();
  ASSERT_TRUE(mux.connect(no_hurry));
  board.fall_off_with_next_switch();
  EXPECT_EQ(mux.turn(CardSide::host, no_hurry).error().cause(), Cause::lost);
  EXPECT_EQ(mux.turn(CardSide::dut, no_hurry).error().cause(), Cause::lost);
}

TEST_F(SdWires, CannotTakeTheCardFromBothSides) {
  shelf.plug(board, "1-4.2");
  EXPECT_EQ(sdwire().turn(CardSide::off, no_hurry).error().cause(), Cause::refused);
  EXPECT_THAT(board.history(), IsEmpty());
}

}  // namespace
}  // namespace coldboot
