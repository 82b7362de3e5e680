// A whole bench of the kernel's: a relay that switches, a serial adapter that is listened to. Runs in the virtual
// machine only.

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/program.hpp"
#include "tests/drivers/hid_relay/hid_relay_board.hpp"
#include "tests/vm/kernel_usb.hpp"
#include "tests/vm/serial_adapter.hpp"

namespace coldboot {
namespace {

using testing::HasSubstr;

constexpr int relay_port = 1;
constexpr int adapter_port = 2;

class KernelTty : public testing::Test {
 protected:
  void SetUp() override {
    usb.plug(relay, relay_port);
    plug_adapter(adapter_port);
    const std::string at = folder.path();
    put_text(folder.path() / "bench.yaml",
             "coldboot: bench/1\nname: kernel\n"
             "power: {driver: hid-relay, id: BITFT, channel: 1, off-min: 0 s}\n"
             "consoles:\n  com1: {driver: tty, id: \"usb:0403:6001:A50285BI\", line: 115200n8}\n");
    put_text(folder.path() / "board.yaml",
             "coldboot: profile/1\nname: board\n"
             "markers:\n  banner: {match: 'PC Engines apu2'}\n  menu: {match: '8\\) Shell'}\n"
             "spans:\n  boot: {from: banner, to: menu}\n");
    put_text(folder.path() / "boot.yaml",
             "coldboot: scenario/1\nname: boot\nconfigurations: {board: {profile: board}}\nsteps:\n"
             "  - power-cycle: {}\n  - expect: {marker: menu, within: 20 s}\n  - power-off: {how: cut}\n");
    program = std::make_unique<RunningProgram>(std::vector<std::string>{
        "run", at + "/boot.yaml", "--bench", at + "/bench.yaml", "--out", at + "/runs", "--boots", "1"});
    ASSERT_TRUE(becomes_true([this] { return relay.is_on(1); })) << "the DUT has power";
  }

  void plug_adapter(int port) {
    adapter.on_news = [this, port] { usb.news(port); };
    usb.plug(adapter, port);
    const std::string interface = "/sys/bus/usb/devices/" + KernelUsb::place_of(port) + ":1.0";
    const auto has_a_tty = [&] {
      for (const auto& entry : std::filesystem::directory_iterator(interface)) {
        if (entry.path().filename().string().starts_with("ttyUSB")) return true;
      }
      return false;
    };
    ASSERT_TRUE(becomes_true(has_a_tty));
  }

  [[nodiscard]] std::string of_the_boot(const std::string& name) const {
    return text_of(only_run_in(folder.path() / "runs") / "boots" / "001-board" / name);
  }
  [[nodiscard]] bool events_tell(const std::string& text) const {
    return becomes_true([&] { return of_the_boot("events.jsonl").find(text) != std::string::npos; });
  }
  [[nodiscard]] bool console_ends_with(const std::string& text) const {
    return becomes_true([&] { return of_the_boot("console-com1.raw").ends_with(text); });
  }

  EmulatedHidRelay relay{"BITFT", 2};
  EmulatedSerialAdapter adapter{"A50285BI"};
  KernelUsb usb;
  TemporaryFolder folder;
  std::unique_ptr<RunningProgram> program;
};

TEST_F(KernelTty, IsRecordedByteForByte) {
  std::string boot = "PC Engines apu2\r\n";
  for (int line = 0; line < 2000; ++line) boot += "line " + std::to_string(line) + "\r\n";
  boot += "8) Shell\r\n";
  EXPECT_EQ(adapter.latency_timer(), 1) << "for the run";
  adapter.say(boot);
  EXPECT_EQ(program->wait(), 0) << of_the_boot("events.jsonl");
  EXPECT_EQ(of_the_boot("console-com1.raw"), boot);
  EXPECT_EQ(adapter.latency_timer(), 16) << "as it was";
  EXPECT_FALSE(relay.is_on(1));
}

TEST_F(KernelTty, ThatLostBytesMakesTheBootAnErrorAndCountsThem) {
  adapter.say("PC Engines apu2\r\n");
  ASSERT_TRUE(console_ends_with("apu2\r\n"));
  adapter.overrun();
  adapter.say("8) Shell\r\n");
  EXPECT_EQ(program->wait(), 3) << of_the_boot("events.jsonl");
  EXPECT_THAT(of_the_boot("events.jsonl"), HasSubstr(R"("overruns":1)"));
}

TEST_F(KernelTty, UnpluggedInTheMiddleIsWaitedForAndRecordedOnUnderItsNewName) {
  adapter.say("PC Engines apu2\r\n");
  ASSERT_TRUE(console_ends_with("apu2\r\n"));
  usb.unplug(adapter_port);
  ASSERT_TRUE(events_tell("console-lost"));
  plug_adapter(adapter_port + 1);
  ASSERT_TRUE(becomes_true([this] { return adapter.latency_timer() == 1; })) << "it was opened again";
  adapter.say("8) Shell\r\n");
  EXPECT_EQ(program->wait(), 3) << "an error of the bench, and no failure of the DUT";
  EXPECT_EQ(of_the_boot("console-com1.raw"), "PC Engines apu2\r\n8) Shell\r\n");
  EXPECT_FALSE(relay.is_on(1));
}

TEST_F(KernelTty, WhoseRelayLetsGoInTheMiddleOfTheBootIsAnErrorOfTheBench) {
  adapter.say("PC Engines apu2\r\n");
  ASSERT_TRUE(console_ends_with("apu2\r\n"));
  usb.unplug(relay_port);
  usb.plug(relay, relay_port);  // with every contact open
  EXPECT_EQ(program->wait(), 3) << of_the_boot("events.jsonl");
  EXPECT_THAT(of_the_boot("events.jsonl"), HasSubstr("the DUT is silent, and its relay cannot be asked"));
}

}  // namespace
}  // namespace coldboot
