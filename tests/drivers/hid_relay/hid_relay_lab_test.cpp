// The program itself, unchanged, with real libusb, on boards plugged into a lab.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/drivers/hid_relay/hid_relay_board.hpp"
#include "tests/drivers/hid_relay/lcus_hid_board.hpp"
#include "tests/lab/lab.hpp"
#include "tests/lab/relay_bench.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Upset = EmulatedHidRelay::Upset;

constexpr const char* plain = "{driver: hid-relay, id: BITFT, channel: 2, off-min: 0 s, retry: {pause: 100 ms}}";
constexpr const char* once = "{driver: hid-relay, id: BITFT, channel: 2, off-min: 0 s, retry: {times: 0}}";

class HidRelayInTheLab : public testing::Test {
 protected:
  EmulatedHidRelay board{"BITFT", 2};
  EmulatedHidRelay twin{"BITFT", 2};
  EmulatedHidRelay stranger{"BITFT", 2, "Infrared remote"};
  EmulatedLcusHid lcus{2};
  Lab lab;
};

TEST_F(HidRelayInTheLab, SwitchesTheDutAndReadsItBack) {
  lab.plug(board, "1-4");
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 0) << run.output();
  EXPECT_EQ(run.verdict(), "pass");
  EXPECT_THAT(board.edges(), ElementsAre("2 on", "2 off"));
  EXPECT_EQ(run.switched_on().at("read_back"), "on") << run.events();
  EXPECT_EQ(run.switched_on().at("attempt"), 1);
  EXPECT_EQ(run.switched_on().at("device_delay_ns"), 15'000'000);
}

TEST_F(HidRelayInTheLab, IsWiredEitherWay) {
  lab.plug(board, "1-4");
  const RelayBench run("{driver: hid-relay, usb: \"1-4\", contact: normally-closed, off-min: 0 s}");
  EXPECT_EQ(run.exit_status(), 0) << run.output();
  EXPECT_THAT(board.edges(), ElementsAre("1 on", "1 off", "1 on")) << "without power means with current in the coil";
}

TEST_F(HidRelayInTheLab, ThatIsNotThereIsABenchError) {
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 3);
  EXPECT_THAT(run.output(), HasSubstr("found no HID relay board with the id BITFT"));
}

TEST_F(HidRelayInTheLab, WithTheSameUsbIdsButAnotherNameIsLeftAlone) {
  lab.plug(stranger, "1-4");
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 3);
  EXPECT_EQ(stranger.commands(), 0);
}

TEST_F(HidRelayInTheLab, WithATwinIsRefused) {
  lab.plug(board, "1-4");
  lab.plug(twin, "1-5");
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 3);
  EXPECT_THAT(run.output(), HasSubstr("BITFT at usb 1-4, BITFT at usb 1-5"));
  EXPECT_THAT(board.edges(), IsEmpty());
  EXPECT_THAT(twin.edges(), IsEmpty());
}

TEST_F(HidRelayInTheLab, ThatIsStuckIsABenchError) {
  lab.plug(board, "1-4");
  board.stick(1000);
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 3) << run.output();
  EXPECT_EQ(run.verdict(), "error");
  EXPECT_THAT(run.events(), HasSubstr("switching on, try 3 of 3: channel 2 of USB HID relay BITFT"));
}

TEST_F(HidRelayInTheLab, ThatMissesACommandIsToldAgainAndItIsCounted) {
  lab.plug(board, "1-4");
  board.stick(2);  // off, which it is already, and the first on
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 0) << run.output();
  EXPECT_EQ(run.switched_on().at("attempt"), 2);
  EXPECT_THAT(run.events(), HasSubstr("try 1 of 3"));
}

TEST_F(HidRelayInTheLab, UnpluggedBetweenCommandAndReadBackIsABenchError) {
  lab.plug(board, "1-4");
  board.upset_after_command(2, Upset::unplugs);  // switching on
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 3) << run.output();
  EXPECT_EQ(run.verdict(), "error");
  EXPECT_THAT(run.events(), HasSubstr("it is gone: no HID relay board with the id BITFT"));
  EXPECT_THAT(run.events(), HasSubstr("the bench could not be made safe"));
}

TEST_F(HidRelayInTheLab, ThatComesBackOnTheBusIsFoundAndSwitchedAgain) {
  lab.plug(board, "1-4");
  board.upset_after_command(2, Upset::reenumerates);
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 0) << run.output() << run.events();
  EXPECT_THAT(board.edges(), ElementsAre("2 on", "2 off", "2 on", "2 off"));
  EXPECT_EQ(run.switched_on().at("attempt"), 2);
}

TEST_F(HidRelayInTheLab, ThatComesBackOnTheBusIsABenchErrorWhereNothingIsTriedAgain) {
  lab.plug(board, "1-4");
  board.upset_after_command(2, Upset::reenumerates);
  const RelayBench run(once);
  EXPECT_EQ(run.exit_status(), 3) << run.output() << run.events();
  EXPECT_TRUE(board.turns_off(2));
}

TEST_F(HidRelayInTheLab, ThatAnswersGarbageIsABenchError) {
  lab.plug(board, "1-4");
  board.garble(1000);
  const RelayBench run(plain);
  EXPECT_EQ(run.exit_status(), 3);
  EXPECT_THAT(run.output(), HasSubstr("found the report [ff ff ff ff ff ff ff ff]"));
  EXPECT_THAT(board.edges(), IsEmpty());
}

TEST_F(HidRelayInTheLab, ThatAnswersLateIsWaitedFor) {
  lab.plug(board, "1-4");
  board.delay_reports(60ms);
  const RelayBench run(once);
  EXPECT_EQ(run.exit_status(), 0) << run.output();
  EXPECT_EQ(run.switched_on().at("attempt"), 1);
}

TEST_F(HidRelayInTheLab, OfTheOtherKindIsSwitchedAndAssumed) {
  lab.plug(lcus, "1-4");
  const RelayBench run("{driver: lcus-hid-relay, usb: \"1-4\", channels: 2, channel: 2, off-min: 0 s}");
  EXPECT_THAT(run.events(), HasSubstr("LCUS HID relay at usb 1-4 cannot be read back: its state is assumed"));
  EXPECT_THAT(run.events(), HasSubstr(R"("wanted":"on")"));
  EXPECT_FALSE(lcus.is_on(2));
  EXPECT_EQ(run.exit_status(), 3) << "a silent DUT behind a relay nobody can ask proves nothing";
}

TEST_F(HidRelayInTheLab, IsAcceptedByAnIndependentProgram) {
  lab.plug(board, "1-4");
  const auto usbrelay = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "usbrelay");
    const auto ended = run_child(arguments, Until(std::chrono::steady_clock::now() + 20s));
    return ended ? ended->output : ended.error().text();
  };
  EXPECT_THAT(usbrelay({}), HasSubstr("BITFT_1=0\nBITFT_2=0\n"));
  EXPECT_THAT(usbrelay({"BITFT_2=1"}), HasSubstr("BITFT"));
  EXPECT_TRUE(board.is_on(2));
  EXPECT_THAT(usbrelay({}), HasSubstr("BITFT_1=0\nBITFT_2=1\n"));
}

}  // namespace
}  // namespace coldboot
