#include "drivers/usb_hub/usb_hub.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/drivers/usb_hub/emulated_hub.hpp"
#include "tests/lab/shelf_bus.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;
using Switching = EmulatedHub::Switching;

const Until no_hurry;

class UsbHubs : public testing::Test {
 protected:
  Result<std::unique_ptr<UsbHub>> open(bool alone = false, const std::string& port = "1-4") {
    return UsbHub::open(shelf.bus(), {"apu/power", port, alone}, no_hurry);
  }

  Shelf shelf;
  EmulatedHub hub{{}};
  EmulatedHub slow_half{{.version = 0x0210, .container = 7}};
  EmulatedHub fast_half{{.version = 0x0310, .container = 7}};
};

TEST_F(UsbHubs, SwitchOnePortAndLeaveTheOthers) {
  shelf.plug(hub, "1-4");
  const auto relay = open();
  ASSERT_TRUE(relay) << relay.error().text();
  EXPECT_EQ((*relay)->description(), "USB hub at usb 1-4");
  EXPECT_EQ((*relay)->delay(), 100ms) << "two milliseconds for each unit of the descriptor";
  EXPECT_EQ((*relay)->read(2, no_hurry).value(), Contact::closed);
  ASSERT_TRUE((*relay)->set(2, Contact::open, no_hurry));
  EXPECT_FALSE(hub.has_power(2));
  EXPECT_TRUE(hub.has_power(1));
  EXPECT_EQ((*relay)->read(2, no_hurry).value(), Contact::open);
  ASSERT_TRUE((*relay)->set(2, Contact::closed, no_hurry));
  EXPECT_TRUE(hub.has_power(2));
}

TEST_F(UsbHubs, OfUsb3AreSwitchedInBothHalves) {
  shelf.plug(slow_half, "1-4");
  shelf.plug(fast_half, "2-4");
  for (const std::string port : {"1-4", "2-4"}) {
    const auto relay = open(false, port);
    ASSERT_TRUE(relay) << relay.error().text();
    ASSERT_TRUE((*relay)->set(3, Contact::open, no_hurry));
    EXPECT_FALSE(slow_half.has_power(3));
    EXPECT_FALSE(fast_half.has_power(3));
    EXPECT_EQ((*relay)->read(3, no_hurry).value(), Contact::open);
    ASSERT_TRUE((*relay)->set(3, Contact::closed, no_hurry));
    EXPECT_TRUE(slow_half.has_power(3));
    EXPECT_TRUE(fast_half.has_power(3));
  }
}

TEST_F(UsbHubs, OfUsb3HavePowerUntilBothHalvesLetGo) {
  shelf.plug(slow_half, "1-4");
  shelf.plug(fast_half, "2-4");
  const auto relay = open();
  fast_half.keep_power(true);
  ASSERT_TRUE((*relay)->set(3, Contact::open, no_hurry));
  EXPECT_EQ((*relay)->read(3, no_hurry).value(), Contact::closed);
}

TEST_F(UsbHubs, OfUsb3WithoutTheirOtherHalfAreRefusedUnlessSaidToBeAlone) {
  shelf.plug(slow_half, "1-4");
  const auto relay = open();
  ASSERT_FALSE(relay);
  EXPECT_EQ(relay.error().cause(), Cause::refused);
  EXPECT_THAT(relay.error().text(), HasSubstr("found 0 hubs that may be the other half"));
  EXPECT_TRUE(open(true));
}

TEST_F(UsbHubs, OfSeveralChipsArePairedByWhereTheyArePluggedIn) {
  EmulatedHub inner_slow({.version = 0x0210, .container = 7});
  EmulatedHub inner_fast({.version = 0x0310, .container = 7});
  shelf.plug(slow_half, "1-4");
  shelf.plug(fast_half, "2-4");
  shelf.plug(inner_slow, "1-4.4");
  shelf.plug(inner_fast, "2-4.4");
  const auto relay = open(false, "1-4.4");
  ASSERT_TRUE(relay) << relay.error().text();
  EXPECT_EQ((*relay)->description(), "USB hub at usb 1-4.4 and 2-4.4");
}

TEST_F(UsbHubs, ThatDoNotSwitchPortsOneByOneAreRefused) {
  EmulatedHub together({.switching = Switching::together});
  EmulatedHub never({.switching = Switching::never});
  EmulatedHub only_port({.ports = 1, .switching = Switching::together});
  shelf.plug(together, "1-4");
  EXPECT_THAT(open().error().text(), HasSubstr("it switches the power of all its ports together"));
  shelf.plug(never, "1-4");
  EXPECT_THAT(open().error().text(), HasSubstr("it does not switch the power of its ports"));
  shelf.plug(only_port, "1-4");
  EXPECT_TRUE(open());
}

TEST_F(UsbHubs, AreRefusedWhereSomethingElseIsPluggedIn) {
  EXPECT_EQ(open().error().cause(), Cause::missing);
  shelf.plug(hub, "1-4");
  EXPECT_EQ(open(false, "1-5").error().cause(), Cause::missing);
}

TEST_F(UsbHubs, HaveNoOtherPorts) {
  shelf.plug(hub, "1-4");
  const auto relay = open();
  for (const int port : {0, 5}) {
    EXPECT_EQ((*relay)->set(port, Contact::open, no_hurry).error().cause(), Cause::refused);
    EXPECT_EQ((*relay)->read(port, no_hurry).error().cause(), Cause::refused);
  }
}

TEST_F(UsbHubs, ThatRefuseARequestAreFaulty) {
  shelf.plug(hub, "1-4");
  const auto relay = open();
  hub.refuse_features(1);
  EXPECT_EQ((*relay)->set(1, Contact::open, no_hurry).error().cause(), Cause::protocol);
  EXPECT_TRUE((*relay)->set(1, Contact::open, no_hurry));
}

TEST_F(UsbHubs, ComeBackWithPowerOnEveryPort) {
  shelf.plug(hub, "1-4");
  const auto relay = open();
  hub.fall_off_after_next_feature(true);
  EXPECT_EQ((*relay)->set(1, Contact::open, no_hurry).error().cause(), Cause::lost);
  EXPECT_EQ((*relay)->read(1, no_hurry).value(), Contact::closed);
  shelf.unplug("1-4");
  EXPECT_EQ((*relay)->read(1, no_hurry).error().cause(), Cause::lost);
  EXPECT_EQ((*relay)->read(1, no_hurry).error().cause(), Cause::lost);
}

TEST(HubDescriptor, IsReadAsTheSpecificationHasIt) {
  const auto hub = parse_hub_descriptor(Bytes{9, 0x29, 4, 0x09, 0, 50, 100, 0, 0xff});
  ASSERT_TRUE(hub);
  EXPECT_EQ(hub->ports, 4);
  EXPECT_EQ(hub->power, PortPower::each);
  EXPECT_EQ(hub->power_good, 100ms);
  EXPECT_EQ(parse_hub_descriptor(Bytes{9, 0x29, 4, 0x08, 0, 50, 100, 0, 0xff})->power, PortPower::together);
  EXPECT_EQ(parse_hub_descriptor(Bytes{9, 0x29, 4, 0x0a, 0, 50, 100, 0, 0xff})->power, PortPower::never);
  EXPECT_EQ(parse_hub_descriptor(Bytes{12, 0x2a, 4, 0x09, 0, 50, 0, 0, 0, 0, 0, 0})->ports, 4);
  for (const Bytes& wrong : {Bytes{}, Bytes{9, 0x29, 4, 9}, Bytes{9, 4, 4, 9, 0, 0, 0, 0, 0}, Bytes(9, 0)})
    EXPECT_EQ(parse_hub_descriptor(wrong).error().cause(), Cause::protocol);
}

TEST(HubDescriptor, OfAPortTellsItsPower) {
  EXPECT_TRUE(parse_port_power(Bytes{3, 1, 0, 0}, false).value());
  EXPECT_FALSE(parse_port_power(Bytes{3, 2, 0, 0}, false).value());
  EXPECT_TRUE(parse_port_power(Bytes{3, 2, 0, 0}, true).value());
  EXPECT_EQ(parse_port_power(Bytes{3, 2}, true).error().cause(), Cause::protocol);
}

TEST(HubDescriptor, FindsTheContainerAmongOtherObjects) {
  Bytes store{5, 0x0f, 28, 0, 2, 3, 0x10, 2, 20, 0x10, 4, 0};
  for (std::uint8_t byte = 1; byte <= 16; ++byte) store.push_back(byte);
  const auto id = container_id(store);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->front(), 1);
  EXPECT_EQ(id->back(), 16);
  store.pop_back();
  EXPECT_FALSE(container_id(store));
  EXPECT_FALSE(container_id(Bytes{5, 0x0f, 9, 0, 1, 0, 0x10, 4, 0}));
  EXPECT_FALSE(container_id(Bytes{}));
}

}  // namespace
}  // namespace coldboot
