// The program itself, unchanged, with real libusb, on cards plugged into a lab.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/drivers/ftdi_relay/emulated_ftdi.hpp"
#include "tests/lab/lab.hpp"
#include "tests/lab/relay_bench.hpp"

namespace coldboot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* plain =
    "{driver: ftdi-relay, serial: A5XK3RJT, channel: 2, off-min: 0 s, retry: {pause: 100 ms}}";

class FtdiRelayInTheLab : public testing::Test {
 protected:
  EmulatedFtdi card{"A5XK3RJT"};
  EmulatedFtdi cable{"A5XK3RJT", "FT232R USB UART"};
  Lab lab;
};

TEST_F(FtdiRelayInTheLab, SwitchesTheDutAndReadsItBack) {
  lab.plug(card, "1-4");
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 0) << run.output();
  EXPECT_EQ(run.switched_on().at("read_back"), "on") << run.events();
  EXPECT_THAT(card.history(), ElementsAre(0x00, 0x02, 0x00));
}

TEST_F(FtdiRelayInTheLab, SwitchesWithACbusPin) {
  lab.plug(cable, "1-4");
  const RelayBench run(
      "{driver: ftdi-relay, usb: \"1-4\", product: \"FT232R USB UART\", pins: cbus, channel: 3, contact: "
      "normally-closed, off-min: 0 s}");
  EXPECT_EQ(run.exit_status(), 0) << run.output();
  EXPECT_TRUE(cable.cbus_pin(2));
}

TEST_F(FtdiRelayInTheLab, IsNotAConsoleCable) {
  lab.plug(cable, "1-4");
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 3);
  EXPECT_FALSE(cable.was_touched());
}

TEST_F(FtdiRelayInTheLab, ThatIsStuckIsABenchError) {
  lab.plug(card, "1-4");
  card.stick(1000);
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 3) << run.output();
  EXPECT_THAT(run.events(), HasSubstr("reads back open, expected closed"));
}

TEST_F(FtdiRelayInTheLab, UnpluggedBetweenCommandAndReadBackIsABenchError) {
  lab.plug(card, "1-4");
  card.fall_off_after_next_write(false);
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 3) << run.output();
}

TEST_F(FtdiRelayInTheLab, ThatComesBackOnTheBusIsFoundAndSwitchedAgain) {
  lab.plug(card, "1-4");
  card.fall_off_after_next_write(true);
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 0) << run.output();
}

}  // namespace
}  // namespace coldboot
