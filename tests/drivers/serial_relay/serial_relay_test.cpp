#include "drivers/serial_relay/serial_relay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/drivers/serial_relay/board_on_line.hpp"
#include "tests/drivers/serial_relay/pty_line.hpp"
#include "tests/soon.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct Family {
  const char* name;
  std::unique_ptr<RelayFirmware> (*firmware)();
  std::unique_ptr<RelayDialect> (*dialect)();
  int channels;
};

void PrintTo(const Family& family, std::ostream* out) {
  *out << family.name;
}

template <class Firmware, int channels>
std::unique_ptr<RelayFirmware> board() {
  return std::make_unique<Firmware>(channels);
}

class EveryRelayBoard : public testing::TestWithParam<Family> {
 protected:
  PtyLine line;
  BoardOnLine device{line.far(), GetParam().firmware()};
  SerialRelay relay{line.opener(), GetParam().dialect(), {"apu/power", "a relay board", GetParam().channels}};
};

TEST_P(EveryRelayBoard, SwitchesEachChannelAndReadsItBack) {
  for (int channel = 1; channel <= GetParam().channels; ++channel) {
    for (const Contact wanted : {Contact::closed, Contact::open, Contact::closed}) {
      const auto set = relay.set(channel, wanted, soon());
      ASSERT_TRUE(set) << set.error().text();
      const auto read = relay.read(channel, soon());
      ASSERT_TRUE(read) << read.error().text();
      EXPECT_EQ(*read, wanted) << channel;
      EXPECT_TRUE(device.becomes(channel, wanted == Contact::closed));
    }
  }
}

TEST_P(EveryRelayBoard, MayAnswerByteByByteAndLate) {
  device.split_answers(true);
  device.answer_after(5ms);
  ASSERT_TRUE(relay.set(1, Contact::closed, soon()));
  const auto read = relay.read(1, soon());
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(*read, Contact::closed);
}

TEST_P(EveryRelayBoard, IsSeenNotToHaveMovedWhenItIsStuck) {
  device.stick(1);
  ASSERT_TRUE(relay.set(1, Contact::closed, soon()));
  EXPECT_EQ(relay.read(1, soon()).value(), Contact::open);
}

TEST_P(EveryRelayBoard, IsNotHeardThroughWhatLayOnTheLineBefore) {
  device.say("noise \x01\x01 from before");
  line.wait_until_heard();
  ASSERT_TRUE(relay.set(1, Contact::closed, soon()));
  EXPECT_EQ(relay.read(1, soon()).value(), Contact::closed);
}

TEST_P(EveryRelayBoard, ThatSaysNothingEndsTheWaitAtItsDeadline) {
  device.be_silent(true);
  const auto read = relay.read(1, Until(std::chrono::steady_clock::now() + 20ms));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().cause(), Cause::timeout);
  EXPECT_EQ(read.error().where(), "apu/power");
}

TEST_P(EveryRelayBoard, HasNoOtherChannels) {
  for (const int channel : {0, GetParam().channels + 1}) {
    EXPECT_EQ(relay.set(channel, Contact::closed, soon()).error().cause(), Cause::refused);
    EXPECT_EQ(relay.read(channel, soon()).error().cause(), Cause::refused);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Boards, EveryRelayBoard,
    testing::Values(
        Family{"lcus_text",
               [] {
                 return std::unique_ptr<RelayFirmware>(std::make_unique<LcusFirmware>(2, LcusFirmware::Status::text));
               },
               [] { return lcus_dialect(2, LcusStatus::text); }, 2},
        Family{"lcus_text_a_step_behind",
               [] {
                 return std::unique_ptr<RelayFirmware>(
                     std::make_unique<LcusFirmware>(4, LcusFirmware::Status::text, true));
               },
               [] { return lcus_dialect(4, LcusStatus::text); }, 4},
        Family{"lcus_bytes",
               [] {
                 return std::unique_ptr<RelayFirmware>(std::make_unique<LcusFirmware>(8, LcusFirmware::Status::bytes));
               },
               [] { return lcus_dialect(8, LcusStatus::bytes); }, 8},
        Family{"kmtronic_2", &board<KmtronicFirmware, 2>, [] { return kmtronic_dialect(2); }, 2},
        Family{"kmtronic_8", &board<KmtronicFirmware, 8>, [] { return kmtronic_dialect(8); }, 8},
        Family{"numato_16", &board<NumatoFirmware, 16>, [] { return numato_dialect(); }, 16},
        Family{"devantech_8", &board<DevantechFirmware, 8>, [] { return devantech_dialect(); }, 8},
        Family{"scpi_route", &board<ScpiFirmware, 4>, [] { return scpi_dialect(ScpiStyle::route, 101); }, 4},
        Family{"scpi_output", &board<ScpiFirmware, 1>, [] { return scpi_dialect(ScpiStyle::output, 101); }, 1}),
    [](const auto& param) { return param.param.name; });

class LcusBoard : public testing::Test {
 protected:
  PtyLine line;
  BoardOnLine device{line.far(), std::make_unique<LcusFirmware>(2, LcusFirmware::Status::text)};
};

TEST_F(LcusBoard, WithoutAStatusIsAssumed) {
  SerialRelay relay(line.opener(), lcus_dialect(2, LcusStatus::none), {"apu/power", "lcus", 2});
  ASSERT_TRUE(relay.set(2, Contact::closed, soon()));
  EXPECT_EQ(relay.read(2, soon()).value(), std::nullopt);
  EXPECT_TRUE(device.becomes(2, true));
}

TEST_F(LcusBoard, ThatLostAByteListensAgainAfterAFrame) {
  SerialRelay relay(line.opener(), lcus_dialect(2, LcusStatus::text), {"apu/power", "lcus", 2});
  device.lose_bytes(1);
  ASSERT_TRUE(relay.set(1, Contact::closed, soon()));
  EXPECT_EQ(relay.read(1, soon()).value(), Contact::open);
  ASSERT_TRUE(relay.set(1, Contact::closed, soon()));
  EXPECT_EQ(relay.read(1, soon()).value(), Contact::closed);
}

TEST_F(LcusBoard, ThatAnswersGarbageIsFaulty) {
  SerialRelay relay(line.opener(), lcus_dialect(2, LcusStatus::text), {"apu/power", "lcus", 2});
  device.say_instead("login: \r\nlogin: \r\n");
  const auto read = relay.read(1, soon());
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().cause(), Cause::protocol);
  EXPECT_EQ(read.error().where(), "apu/power");
  EXPECT_THAT(read.error().text(), HasSubstr("login"));
}

TEST_F(LcusBoard, ThatAnswersHalfSaysWhichHalf) {
  SerialRelay relay(line.opener(), lcus_dialect(2, LcusStatus::text), {"apu/power", "lcus", 2});
  device.say_instead("CH1: ON \r\nCH");
  const auto read = relay.read(1, Until(std::chrono::steady_clock::now() + 50ms));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().cause(), Cause::timeout);
  EXPECT_THAT(read.error().text(), HasSubstr("CH1: ON"));
}

TEST(SerialRelay, PassesOnWhyItsLineCannotBeOpened) {
  SerialRelay relay([](const Until&) -> Result<RelayLine> { return Fault(Cause::busy, "apu/power", "held"); },
                    devantech_dialect(), {"apu/power", "devantech", 8});
  EXPECT_EQ(relay.set(1, Contact::closed, soon()).error().cause(), Cause::busy);
  EXPECT_EQ(relay.read(1, soon()).error().cause(), Cause::busy);
}

}  // namespace
}  // namespace coldboot
