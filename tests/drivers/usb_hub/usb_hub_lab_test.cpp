// The program itself, unchanged, with real libusb, on hubs plugged into a lab.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/drivers/usb_hub/emulated_hub.hpp"
#include "tests/lab/lab.hpp"
#include "tests/lab/relay_bench.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr const char* plain = "{driver: usb-hub, hub: \"1-4\", channel: 2, off-min: 0 s, retry: {pause: 100 ms}}";

class UsbHubInTheLab : public testing::Test {
 protected:
  EmulatedHub hub{{}};
  Lab lab;
};

TEST_F(UsbHubInTheLab, SwitchesTheDutAndReadsItBack) {
  lab.plug(hub, "1-4");
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 0) << run.output();
  EXPECT_EQ(run.switched_on().at("read_back"), "on") << run.events();
  EXPECT_FALSE(hub.has_power(2));
  EXPECT_TRUE(hub.has_power(1));
}

TEST_F(UsbHubInTheLab, ThatKeepsItsPowerIsABenchError) {
  lab.plug(hub, "1-4");
  hub.keep_power(true);
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 3) << run.output();
  EXPECT_THAT(run.events(), HasSubstr("channel 2 of USB hub at usb 1-4 reads back closed, expected open"));
}

TEST_F(UsbHubInTheLab, UnpluggedBetweenCommandAndReadBackIsABenchError) {
  lab.plug(hub, "1-4");
  hub.fall_off_after_next_feature(false);
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 3) << run.output();
}

TEST_F(UsbHubInTheLab, ThatComesBackWithPowerOnIsSwitchedAgain) {
  lab.plug(hub, "1-4");
  hub.fall_off_after_next_feature(true);
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 0) << run.output();
  EXPECT_THAT(run.events(), HasSubstr("try 1 of 3"));
  EXPECT_FALSE(hub.has_power(2));
}

TEST_F(UsbHubInTheLab, IsAcceptedByAnIndependentProgram) {
  lab.plug(hub, "1-4");
  const auto uhubctl = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "/usr/sbin/uhubctl");
    const auto ended = run_child(arguments, Until(std::chrono::steady_clock::now() + 20s));
    return ended ? ended->output : ended.error().text();
  };
  EXPECT_THAT(uhubctl({}), HasSubstr("1-4 [2109:2813 VIA Labs USB hub, USB 2.00, 4 ports, ppps]"));
  EXPECT_THAT(uhubctl({"-l", "1-4", "-p", "2", "-a", "off"}), HasSubstr("Port 2: 0000 off"));
  EXPECT_FALSE(hub.has_power(2));
  EXPECT_TRUE(hub.has_power(1));
  EXPECT_THAT(uhubctl({"-l", "1-4", "-p", "2", "-a", "on"}), HasSubstr("Port 2: 0100 power"));
  EXPECT_TRUE(hub.has_power(2));
}

}  // namespace
}  // namespace coldboot
