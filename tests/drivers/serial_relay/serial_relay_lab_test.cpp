// The program itself, unchanged, with real libserialport, on boards behind adapters of a lab.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/drivers/serial_relay/board_on_line.hpp"
#include "tests/lab/lab.hpp"
#include "tests/lab/relay_bench.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr const char* text =
    "{driver: serial-relay, dialect: lcus, status: text, port: \"usb:1-1\", channels: 2, channel: 2, off-min: 0 s, "
    "retry: {pause: 50 ms}}";
constexpr const char* assumed =
    "{driver: serial-relay, dialect: lcus, port: \"usb:1-1\", channels: 2, channel: 2, off-min: 0 s}";

class SerialRelayInTheLab : public testing::Test {
 protected:
  void plug(std::unique_ptr<RelayFirmware> firmware) {
    board = std::make_unique<BoardOnLine>(lab.plug(adapter), std::move(firmware));
  }
  void plug_lcus() { plug(std::make_unique<LcusFirmware>(2, LcusFirmware::Status::text)); }

  Lab lab;
  Lab::SerialAdapter adapter{.vendor = "1a86", .product = "7523", .name = "USB Serial", .port = "1-1"};
  std::unique_ptr<BoardOnLine> board;
};

TEST_F(SerialRelayInTheLab, SwitchesTheDutAndReadsItBack) {
  plug_lcus();
  const RelayBench run(text);
  EXPECT_EQ(run.exit_status(), 0) << run.output();
  EXPECT_EQ(run.switched_on().at("read_back"), "on") << run.events();
  EXPECT_TRUE(board->becomes(2, false));
}

TEST_F(SerialRelayInTheLab, IsAssumedWhereItCannotBeRead) {
  plug_lcus();
  const RelayBench run(assumed);
  EXPECT_FALSE(run.switched_on().contains("read_back")) << run.events();
  EXPECT_THAT(run.events(), HasSubstr("cannot be read back: its state is assumed"));
  EXPECT_EQ(run.exit_status(), 3) << "a silent DUT behind a relay nobody can ask proves nothing";
}

TEST_F(SerialRelayInTheLab, ThatIsNotThereIsABenchError) {
  const RelayBench run(text);
  EXPECT_EQ(run.exit_status(), 3);
  EXPECT_THAT(run.output(), HasSubstr("found no serial port usb:1-1"));
}

TEST_F(SerialRelayInTheLab, ThatIsStuckIsABenchError) {
  plug_lcus();
  board->stick(1000);
  const RelayBench run(text);
  EXPECT_EQ(run.exit_status(), 3) << run.output();
  EXPECT_THAT(run.events(), HasSubstr("channel 2 of lcus relay board at usb:1-1 reads back open"));
}

TEST_F(SerialRelayInTheLab, ThatAnswersGarbageIsABenchError) {
  plug_lcus();
  board->say_instead("FreeBSD/amd64 (apu) (ttyu0)");
  const RelayBench run(text);
  EXPECT_EQ(run.exit_status(), 3);
  EXPECT_THAT(run.events(), HasSubstr("FreeBSD/am"));
}

TEST_F(SerialRelayInTheLab, ThatAnswersLateIsWaitedFor) {
  plug_lcus();
  board->answer_after(50ms);
  const RelayBench run(text);
  EXPECT_EQ(run.exit_status(), 0) << run.output();
}

TEST_F(SerialRelayInTheLab, ThatMissesACommandIsToldAgainAndItIsCounted) {
  plug_lcus();
  board->stick(2);  // off, which it is already, and the first on
  const RelayBench run(text);
  EXPECT_EQ(run.exit_status(), 0) << run.output();
  EXPECT_EQ(run.switched_on().at("attempt"), 2);
}

constexpr int bytes_until_on = 4 + 2 + 4;  // off, its status asked twice, on

TEST_F(SerialRelayInTheLab, UnpluggedBetweenCommandAndReadBackIsABenchError) {
  plug_lcus();
  board->after_bytes(bytes_until_on, [&] { lab.unplug(adapter); });
  const RelayBench run(text);
  EXPECT_EQ(run.exit_status(), 3) << run.output();
  EXPECT_THAT(run.events(), HasSubstr("found no serial port usb:1-1"));
  EXPECT_THAT(run.events(), HasSubstr(R"("cause":"lost")"));
}

TEST_F(SerialRelayInTheLab, ThatComesBackWithItsContactsOpenIsSwitchedAgain) {
  plug_lcus();
  std::unique_ptr<BoardOnLine> returned;
  board->after_bytes(bytes_until_on, [&] {
    lab.unplug(adapter);
    Lab::SerialAdapter again = adapter;
    again.tty = Lab::own_tty(1);
    returned =
        std::make_unique<BoardOnLine>(lab.plug(again), std::make_unique<LcusFirmware>(2, LcusFirmware::Status::text));
  });
  const RelayBench run(text);
  EXPECT_EQ(run.exit_status(), 0) << run.output();
  EXPECT_EQ(run.switched_on().at("attempt"), 2) << run.events();
}

TEST_F(SerialRelayInTheLab, IsLeftToWhoeverHasItsPort) {
  plug_lcus();
  const std::filesystem::path lock = "/var/lock/LCK.." + adapter.tty;
  put_text(lock, fmt::format("{:>10}\n", ::getppid()));
  const RelayBench run(text);
  std::filesystem::remove(lock);
  EXPECT_EQ(run.exit_status(), 75) << run.output();
  EXPECT_FALSE(board->is_closed(2));
}

TEST_F(SerialRelayInTheLab, SpeaksEveryDialect) {
  struct Case {
    const char* keys;
    std::unique_ptr<RelayFirmware> firmware;
  };
  std::vector<Case> cases;
  cases.push_back({"dialect: kmtronic, channels: 4", std::make_unique<KmtronicFirmware>(4)});
  cases.push_back({"dialect: numato, channels: 8", std::make_unique<NumatoFirmware>(8)});
  cases.push_back({"dialect: devantech, channels: 8", std::make_unique<DevantechFirmware>(8)});
  cases.push_back({"dialect: scpi, channels: 4, first: 101", std::make_unique<ScpiFirmware>(4)});
  int plugged = 0;
  for (Case& one : cases) {
    plug(std::move(one.firmware));
    const RelayBench run(
        fmt::format("{{driver: serial-relay, port: \"usb:1-1\", {}, channel: 2, off-min: 0 s}}", one.keys));
    EXPECT_EQ(run.exit_status(), 0) << one.keys << "\n" << run.output();
    EXPECT_EQ(run.switched_on().value("read_back", ""), "on") << one.keys;
    board.reset();
    lab.unplug(adapter);
    adapter.tty = Lab::own_tty(++plugged);
  }
}

}  // namespace
}  // namespace coldboot
