#include "drivers/gpio/gpio_relay.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/drivers/gpio/emulated_gpio.hpp"

namespace coldboot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Until whenever;

class GpioLines : public testing::Test {
 protected:
  Result<std::unique_ptr<GpioRelay>> open(GpioIdentity identity, GpioUse use = {.consumer = "coldboot apu"}) {
    return GpioRelay::open(gpio.chips(), {"apu/power", std::move(identity), std::move(use)});
  }

  static EmulatedGpio::Chip bridge(const std::string& port) {
    return {"cp2112_gpio", "pci0000:00/0000:00:14.0/usb1/" + port + "/" + port + ":1.0/0003:10C4:EA90.0001", {{}, {}}};
  }

  EmulatedGpio gpio;
  EmulatedGpio::Chip& pi = gpio.plug("gpiochip0", {"pinctrl-bcm2711",
                                                   "platform/soc/fe200000.gpio",
                                                   {{.name = "RELAY1"},
                                                    {.name = "RELAY2"},
                                                    {.name = "TWICE"},
                                                    {.name = "TWICE"},
                                                    {.name = "LED", .used = true, .consumer = "led0"}}});
};

TEST_F(GpioLines, CloseWhenActiveAndReadBack) {
  const auto relay = open({"pinctrl-bcm2711", "RELAY2"});
  ASSERT_TRUE(relay) << relay.error().text();
  EXPECT_EQ((*relay)->description(), "GPIO line 1 (RELAY2) of gpiochip0 (pinctrl-bcm2711)");
  ASSERT_TRUE((*relay)->set(1, Contact::closed, whenever));
  EXPECT_TRUE(pi.lines[1].high);
  EXPECT_EQ((*relay)->read(1, whenever).value(), Contact::closed);
  ASSERT_TRUE((*relay)->set(1, Contact::open, whenever));
  EXPECT_EQ((*relay)->read(1, whenever).value(), Contact::open);
  EXPECT_THAT(pi.lines[1].edges, ElementsAre("high", "low"));
  EXPECT_THAT(pi.lines[0].edges, IsEmpty());
}

TEST_F(GpioLines, ThatAreActiveLowCloseWhenLow) {
  pi.lines[0].high = true;
  const auto relay = open({"pinctrl-bcm2711", "RELAY1"}, {.active_low = true, .drive = GpioDrive::open_drain});
  EXPECT_EQ((*relay)->read(1, whenever).value(), Contact::open);
  ASSERT_TRUE((*relay)->set(1, Contact::closed, whenever));
  EXPECT_FALSE(pi.lines[0].high);
  EXPECT_EQ(pi.lines[0].drive, GpioDrive::open_drain);
}

TEST_F(GpioLines, AreHeldAsTheyAreFromWhenTheyAreOpened) {
  pi.lines[0].high = true;
  const auto relay = open({"pinctrl-bcm2711", "RELAY1"});
  EXPECT_TRUE(pi.lines[0].output);
  EXPECT_THAT(pi.lines[0].edges, IsEmpty());
  EXPECT_EQ(pi.lines[0].consumer, "coldboot apu");
  const auto second = open({"pinctrl-bcm2711", "RELAY1"});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().cause(), Cause::busy);
  EXPECT_EQ(second.error().text(), R"(apu/power: gpiochip0 line 0: it is in use by "coldboot apu")");
}

TEST_F(GpioLines, AreGivenBackWithTheBench) {
  ASSERT_TRUE(open({"pinctrl-bcm2711", "RELAY1"}));
  EXPECT_FALSE(pi.lines[0].used);
}

TEST_F(GpioLines, ThatTheKernelUsesAreBusyAndItSaysForWhat) {
  const auto relay = open({"pinctrl-bcm2711", "LED"});
  ASSERT_FALSE(relay);
  EXPECT_EQ(relay.error().cause(), Cause::busy);
  EXPECT_THAT(relay.error().text(), HasSubstr(R"("led0")"));
}

TEST_F(GpioLines, AreFoundByLabelPlaceNameAndOffset) {
  gpio.plug("gpiochip1", bridge("1-4.2"));
  for (const char* chip : {"cp2112_gpio", "1-4.2", "usb1/1-4.2", "gpiochip1"}) {
    const auto relay = open({.chip = chip, .offset = 1});
    ASSERT_TRUE(relay) << relay.error().text();
    EXPECT_EQ((*relay)->description(), "GPIO line 1 of gpiochip1 (cp2112_gpio)");
  }
  EXPECT_EQ(open({.chip = "1-4", .offset = 1}).error().cause(), Cause::missing) << "no part of the path";
}

TEST_F(GpioLines, OfTwoChipsOfAKindAreRefusedUntilThePlaceSaysWhich) {
  gpio.plug("gpiochip1", bridge("1-4.2"));
  gpio.plug("gpiochip2", bridge("1-4.3"));
  const auto both = open({.chip = "cp2112_gpio", .offset = 0});
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().cause(), Cause::refused);
  EXPECT_THAT(both.error().text(), HasSubstr("found 2 GPIO chips that are cp2112_gpio: gpiochip1"));
  EXPECT_TRUE(open({.chip = "1-4.3", .offset = 0}));
}

TEST_F(GpioLines, ThatAreNotThereAreMissingAndOthersAreNamed) {
  EXPECT_EQ(open({"pinctrl-bcm2835", "RELAY1"}).error().text(),
            "apu/power: found no GPIO chip that is pinctrl-bcm2835 (there is gpiochip0 (pinctrl-bcm2711) at "
            "platform/soc/fe200000.gpio)");
  const auto line = open({"pinctrl-bcm2711", "RELAY3"});
  EXPECT_EQ(line.error().cause(), Cause::missing);
  EXPECT_THAT(line.error().text(), HasSubstr("has no line called RELAY3 (did you mean RELAY"));
  EXPECT_THAT(open({"pinctrl-bcm2711", "TWICE"}).error().text(), HasSubstr("2 lines called TWICE"));
  EXPECT_THAT(open({.chip = "pinctrl-bcm2711", .offset = 5}).error().text(), HasSubstr("one of the 5 lines"));
  gpio.unplug("gpiochip0");
  EXPECT_THAT(open({"pinctrl-bcm2711", "RELAY1"}).error().text(), HasSubstr("there is none at all"));
}

TEST_F(GpioLines, ThatMayNotBeUsedSayWhatGivesTheRight) {
  pi.forbidden = true;
  const auto relay = open({"pinctrl-bcm2711", "RELAY1"});
  EXPECT_EQ(relay.error().cause(), Cause::refused);
  EXPECT_THAT(relay.error().text(), HasSubstr("among those that answer: opening it: Permission denied (a udev rule)"));
}

TEST_F(GpioLines, HaveOneChannel) {
  const auto relay = open({"pinctrl-bcm2711", "RELAY1"});
  for (const int channel : {0, 2}) {
    EXPECT_EQ((*relay)->set(channel, Contact::closed, whenever).error().cause(), Cause::refused);
    EXPECT_EQ((*relay)->read(channel, whenever).error().cause(), Cause::refused);
  }
  EXPECT_THAT(pi.lines[0].edges, IsEmpty());
}

TEST_F(GpioLines, OfAChipThatIsUnpluggedAreLostAndFoundAgain) {
  gpio.plug("gpiochip1", bridge("1-4.2"));
  const auto relay = open({.chip = "1-4.2", .offset = 1});
  ASSERT_TRUE((*relay)->set(1, Contact::closed, whenever));
  gpio.unplug("gpiochip1");
  EXPECT_EQ((*relay)->read(1, whenever).error().cause(), Cause::lost);
  const auto again = (*relay)->set(1, Contact::closed, whenever);
  EXPECT_EQ(again.error().cause(), Cause::lost);
  EXPECT_THAT(again.error().text(), HasSubstr("it is gone: no GPIO chip that is 1-4.2"));
  gpio.plug("gpiochip3", bridge("1-4.2"));
  EXPECT_EQ((*relay)->read(1, whenever).value(), Contact::open);
  ASSERT_TRUE((*relay)->set(1, Contact::closed, whenever));
  EXPECT_THAT(gpio.line("gpiochip3", 1).edges, ElementsAre("high"));
}

TEST(SystemGpioChips, CanBeListedOnAMachineThatHasNone) {
  const auto listing = system_gpio_chips()->list();
  ASSERT_TRUE(listing) << listing.error().text();
  if (!std::filesystem::exists("/sys/bus/gpio/devices")) {
    EXPECT_THAT(listing->found, IsEmpty());
  }
}

}  // namespace
}  // namespace coldboot
