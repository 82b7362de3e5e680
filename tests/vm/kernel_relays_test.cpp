// The program itself, unchanged, on USB devices that the kernel has drivers for. Runs in the virtual machine only.

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/drivers/ftdi_relay/emulated_ftdi.hpp"
#include "tests/drivers/hid_relay/hid_relay_board.hpp"
#include "tests/lab/relay_bench.hpp"
#include "tests/vm/gpio_bridge.hpp"
#include "tests/vm/kernel_usb.hpp"

namespace coldboot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Upset = EmulatedHidRelay::Upset;

std::string kernel_driver_at(const std::string& interface) {
  return std::filesystem::read_symlink("/sys/bus/usb/devices/" + interface + "/driver").filename();
}

class KernelHidRelay : public testing::Test {
 protected:
  void SetUp() override { usb.plug(board, 1); }

  static constexpr const char* plain =
      "{driver: hid-relay, id: BITFT, channel: 2, off-min: 0 s, retry: {times: 3, pause: 500 ms}}";
  EmulatedHidRelay board{"BITFT", 2};
  EmulatedHidRelay twin{"BITFT", 2};
  KernelUsb usb;
};

TEST_F(KernelHidRelay, SwitchesBesideTheKernelsOwnDriver) {
  ASSERT_EQ(kernel_driver_at("1-1:1.0"), "usbhid");
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 0) << run.output();
  EXPECT_THAT(board.edges(), ElementsAre("2 on", "2 off"));
  EXPECT_EQ(run.switched_on().at("read_back"), "on") << run.events();
  EXPECT_EQ(kernel_driver_at("1-1:1.0"), "usbhid") << "nothing was detached";
}

TEST_F(KernelHidRelay, IsFoundWhereItIsPluggedIn) {
  usb.plug(twin, 2);
  const RelayBench run("{driver: hid-relay, usb: \"1-2\", channel: 1, off-min: 0 s}");
  EXPECT_EQ(run.exit_status(), 0) << run.output();
  EXPECT_THAT(twin.edges(), ElementsAre("1 on", "1 off"));
  EXPECT_THAT(board.edges(), IsEmpty());
}

TEST_F(KernelHidRelay, ThatComesBackOnTheBusIsSwitchedAgain) {
  board.upset_after_command(2, Upset::reenumerates);
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 0) << run.output() << run.events();
  EXPECT_THAT(board.edges(), ElementsAre("2 on", "2 off", "2 on", "2 off"));
  EXPECT_GT(run.switched_on().at("attempt"), 1);
}

TEST_F(KernelHidRelay, UnpluggedInTheMiddleIsABenchError) {
  board.upset_after_command(2, Upset::unplugs);
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 3) << run.output();
  EXPECT_EQ(run.verdict(), "error");
  EXPECT_THAT(run.events(), HasSubstr("it is gone: no HID relay board with the id BITFT"));
}

TEST(KernelFtdiRelay, IsTakenFromTheSerialDriver) {
  EmulatedFtdi card("A5XK3RJT");
  KernelUsb usb;
  usb.plug(card, 1);
  ASSERT_EQ(kernel_driver_at("1-1:1.0"), "ftdi_sio");
  const RelayBench run("{driver: ftdi-relay, serial: A5XK3RJT, channel: 2, off-min: 0 s}");
  EXPECT_EQ(run.exit_status(), 0) << run.output();
  EXPECT_THAT(card.history(), ElementsAre(0, 2, 0));
  EXPECT_EQ(run.switched_on().at("read_back"), "on") << run.events();
}

class KernelGpio : public testing::Test {
 protected:
  void SetUp() override {
    usb.plug(bridge, 1);
    const auto listed = [] { return std::filesystem::exists("/sys/bus/gpio/devices"); };
    ASSERT_TRUE(becomes_true([&] { return listed() && !std::filesystem::is_empty("/sys/bus/gpio/devices"); }));
  }

  static std::string power(const std::string& more) {
    return "{driver: gpio, chip: cp2112_gpio, off-min: 0 s, retry: {times: 3, pause: 500 ms}, " + more + "}";
  }

  /// What sysfs calls the only chip's first line.
  static int first_number() {
    int number = -1;
    for (const auto& entry : std::filesystem::directory_iterator("/sys/class/gpio"))
      std::ifstream(entry.path() / "base") >> number;
    return number;
  }

  EmulatedGpioBridge bridge;
  EmulatedGpioBridge twin;
  KernelUsb usb;
};

TEST_F(KernelGpio, SwitchesALineAndReadsItBack) {
  const RelayBench run(power("offset: 3"));
  EXPECT_EQ(run.exit_status(), 0) << run.output();
  EXPECT_THAT(bridge.edges(), ElementsAre("3 high", "3 low"));
  EXPECT_EQ(run.switched_on().at("read_back"), "on") << run.events();
}

TEST_F(KernelGpio, IsFoundByTheUsbPortItIsAt) {
  usb.plug(twin, 2);
  ASSERT_TRUE(becomes_true([] { return std::filesystem::exists("/dev/gpiochip1"); }));
  const RelayBench two(power("offset: 3"));
  EXPECT_EQ(two.exit_status(), 3);
  EXPECT_THAT(two.output(), HasSubstr("found 2 GPIO chips that are cp2112_gpio"));
  const RelayBench run("{driver: gpio, chip: \"1-2\", offset: 7, off-min: 0 s}");
  EXPECT_EQ(run.exit_status(), 0) << run.output();
  EXPECT_THAT(twin.edges(), ElementsAre("7 high", "7 low"));
  EXPECT_THAT(bridge.edges(), IsEmpty());
}

TEST_F(KernelGpio, ActiveLowAndOpenDrainLetsTheLineFloat) {
  bridge.pull(0xff);
  const RelayBench run(power("offset: 0, active-low: true, drive: open-drain"));
  EXPECT_EQ(run.exit_status(), 0) << run.output();
  EXPECT_THAT(bridge.edges(), ElementsAre("0 low", "0 high")) << "and nothing before";
}

TEST_F(KernelGpio, ThatSomebodyHasIsBusyAndSaysWho) {
  std::ofstream("/sys/class/gpio/export") << first_number() + 3;
  const RelayBench run(power("offset: 3"));
  EXPECT_EQ(run.exit_status(), 75) << run.output();
  EXPECT_THAT(run.output(), HasSubstr("it is in use by \"sysfs\""));
  EXPECT_THAT(bridge.edges(), IsEmpty());
}

TEST_F(KernelGpio, WhoseChipComesBackIsSwitchedAgain) {
  bridge.fall_off_at_command(3, true);  // taking it, off, on
  const RelayBench run(power("offset: 3"));
  EXPECT_EQ(run.exit_status(), 0) << run.output() << run.events();
  EXPECT_THAT(bridge.edges(), ElementsAre("3 high", "3 low", "3 high", "3 low"));
  EXPECT_GT(run.switched_on().at("attempt"), 1);
}

TEST_F(KernelGpio, WhoseChipIsUnpluggedIsABenchError) {
  bridge.fall_off_at_command(3, false);
  const RelayBench run(power("offset: 3"));
  EXPECT_EQ(run.exit_status(), 3) << run.output();
  EXPECT_EQ(run.verdict(), "error");
  EXPECT_THAT(run.events(), HasSubstr("it is gone: no GPIO chip that is cp2112_gpio"));
}

}  // namespace
}  // namespace coldboot
