// A bench file made out of what is attached.

#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "drivers/catalog.hpp"
#include "harness/bench/read_bench.hpp"
#include "harness/cli/interview.hpp"
#include "harness/doctor/attached.hpp"
#include "tests/cli/program.hpp"
#include "tests/drivers/hid_relay/hid_relay_board.hpp"
#include "tests/drivers/hid_relay/lcus_hid_board.hpp"
#include "tests/lab/lab.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class SettingUp : public testing::Test {
 protected:
  /// Whether a bench file with these entries is read without a complaint.
  static std::vector<Fault> mistakes_of(const std::string& text) {
    return read_bench(text, "bench.yaml", driver_catalog().tables()).mistakes;
  }

  /// What the program lists, for programs.
  static json attached() { return json::parse(coldboot({"devices", "--json"}).output).at("devices"); }

  EmulatedHidRelay board{"BITFT", 2};
  EmulatedHidRelay twin{"BITFT", 2};
  EmulatedLcusHid lcus{2};
  Lab lab;
  Lab::SerialAdapter ftdi{.serial = "A50285BI", .port = "1-1"};
  Lab::SerialAdapter ch340{
      .vendor = "1a86", .product = "7523", .name = "USB Serial", .port = "1-2", .tty = Lab::own_tty(1)};
  TemporaryFolder folder;
};

TEST_F(SettingUp, ListsWhatIsAttachedReadyToPaste) {
  lab.plug(board, "1-4");
  lab.plug(lcus, "1-6");
  (void)lab.plug(ftdi);
  (void)lab.plug(ch340);
  const ChildResult listed = coldboot({"devices"});
  EXPECT_EQ(listed.exit_status, 0) << listed.output;
  EXPECT_THAT(listed.output, HasSubstr("power: {driver: hid-relay, id: BITFT}\n"
                                       "  # USB HID relay BITFT, 2 channels, at usb 1-4\n"));
  EXPECT_THAT(listed.output, HasSubstr("power: {driver: lcus-hid-relay, usb: \"1-6\", channels: 1}\n"));
  EXPECT_THAT(listed.output, HasSubstr("com1: {driver: tty, id: \"usb:0403:6001:A50285BI\"}\n"));
  EXPECT_THAT(listed.output, HasSubstr("com1: {driver: tty, id: \"usb:1-2\"}\n"));
  EXPECT_THAT(listed.output, HasSubstr("power: {driver: serial-relay, port: \"usb:1-2\", dialect: lcus, channels: 1}\n"
                                       "  # perhaps an LCUS board, or a console cable"));
  EXPECT_EQ(board.commands(), 0);
}

TEST_F(SettingUp, TakesTheUsbPortWhereAnIdIsNotUnique) {
  lab.plug(board, "1-4");
  lab.plug(twin, "1-5");
  Lab::SerialAdapter clone{.serial = "A50285BI", .port = "1-3", .tty = Lab::own_tty(2)};
  (void)lab.plug(ftdi);
  (void)lab.plug(clone);
  std::vector<std::string> entries;
  for (const json& device : attached()) entries.push_back(device.at("entry").get<std::string>());
  EXPECT_THAT(entries, testing::IsSupersetOf({"{driver: hid-relay, usb: \"1-4\"}", "{driver: hid-relay, usb: \"1-5\"}",
                                              "{driver: tty, id: \"usb:1-1\"}", "{driver: tty, id: \"usb:1-3\"}"}));
}

TEST_F(SettingUp, ListsOnlyWhatABenchFileTakes) {
  lab.plug(board, "1-4");
  lab.plug(lcus, "1-6");
  (void)lab.plug(ftdi);
  (void)lab.plug(ch340);
  ASSERT_THAT(attached(), SizeIs(5));
  for (const json& device : attached()) {
    const std::string entry = device.at("entry").get<std::string>();
    const bool is_console = device.at("role") == "consoles";
    const std::string text =
        fmt::format("coldboot: bench/1\nname: b\npower: {}\nconsoles:\n  com1: {}\n",
                    is_console ? "{driver: replay}" : entry, is_console ? entry : "{driver: replay}");
    EXPECT_THAT(mistakes_of(text), IsEmpty()) << text;
  }
}

TEST_F(SettingUp, WritesABenchFileFromTheCommandLine) {
  const ChildResult written =
      coldboot({"init", "apu2-07.yaml", "--power", "hid-relay id=BITFT channel=2", "--console",
                "tty id=usb:0403:6001:A50285BI line=115200n8", "--console", "telnet address=ser2net-1:7001"},
               folder.path());
  ASSERT_EQ(written.exit_status, 0) << written.output;
  const Reading<BenchFile> bench = read_bench(folder.path() / "apu2-07.yaml", driver_catalog().tables());
  ASSERT_THAT(bench.mistakes, IsEmpty()) << bench.mistakes.front().text();
  EXPECT_EQ(bench->name, "apu2-07");
  EXPECT_EQ(bench->power.relay->channel, 2);
  ASSERT_EQ(bench->consoles.size(), 2);
  EXPECT_EQ(bench->consoles[0].line->baud, 115200);
  EXPECT_EQ(bench->consoles[1].device.keys.at("address"), "ser2net-1:7001");
}

TEST_F(SettingUp, QuotesAnIdThatLooksLikeANumber) {
  const ChildResult written = coldboot(
      {"init", "bench.yaml", "--power", "hid-relay id=12345 channel=1", "--console", "unix-socket path=console.sock"},
      folder.path());
  EXPECT_EQ(written.exit_status, 0) << written.output;
  EXPECT_THAT(text_of(folder.path() / "bench.yaml"), HasSubstr("id: \"12345\"\n  channel: 1\n"));
}

TEST_F(SettingUp, NeverWritesOverAFileUnlessToldTo) {
  (void)folder.write("bench.yaml", "mine\n");
  std::vector<std::string> arguments = {"init",      "bench.yaml",    "--power", "hid-relay id=BITFT",
                                        "--console", "tty id=usb:1-1"};
  const ChildResult refused = coldboot(arguments, folder.path());
  EXPECT_EQ(refused.exit_status, 2);
  EXPECT_THAT(refused.output, AllOf(HasSubstr("is there already"), HasSubstr("--force")));
  EXPECT_EQ(text_of(folder.path() / "bench.yaml"), "mine\n");
  arguments.emplace_back("--force");
  EXPECT_EQ(coldboot(arguments, folder.path()).exit_status, 0);
}

TEST_F(SettingUp, WritesNothingThatTheReaderWouldRefuse) {
  const ChildResult refused =
      coldboot({"init", "bench.yaml", "--power", "hid-relay idd=BITFT", "--console", "tty id=usb:1-1"}, folder.path());
  EXPECT_EQ(refused.exit_status, 2);
  EXPECT_THAT(refused.output, AllOf(HasSubstr("idd"), HasSubstr("nothing was written")));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "bench.yaml"));
}

TEST_F(SettingUp, SaysWhatToGiveWhereThereIsNobodyToAsk) {
  const ChildResult refused = coldboot({"init", "bench.yaml"}, folder.path());
  EXPECT_EQ(refused.exit_status, 2);
  EXPECT_THAT(refused.output, AllOf(HasSubstr("--power"), HasSubstr("coldboot devices")));
}

// ------------------------------------------------------------------------------------------ interviews

class AnInterview : public testing::Test {
 protected:
  AnInterview() {
    attached.entries = {
        {"power", "hid-relay", {.keys = {{"id", "BITFT"}}, .description = "USB HID relay BITFT"}},
        {"power", "usb-hub", {.keys = {{"hub", "\"1-4\""}}, .description = "USB hub"}},
        {"consoles", "tty", {.keys = {{"id", "\"usb:1-1\""}}, .description = "/dev/ttyUSB0"}},
    };
  }
  Interview interview(const std::string& answers) {
    in.str(answers);
    return {attached, drivers, in, out};
  }

  Attached attached;
  const DriverTables drivers = driver_catalog().tables();
  std::istringstream in;
  std::ostringstream out;
};

TEST_F(AnInterview, OffersWhatIsAttachedAndTakesTheFirstWhenNothingIsSaid) {
  Interview asking = interview("\n2\n\n\n");
  const auto power = asking.ask_power();
  ASSERT_TRUE(power) << power.error().text();
  EXPECT_EQ(power->driver, "hid-relay");
  EXPECT_EQ(power->keys.back(), (std::pair<std::string, std::string>("channel", "2")));
  const auto console = asking.ask_console();
  ASSERT_TRUE(console) << console.error().text();
  EXPECT_EQ(console->keys.front().second, "\"usb:1-1\"");
  EXPECT_EQ(console->keys.back().second, "115200n8");
  EXPECT_THAT(out.str(), HasSubstr("1  USB HID relay BITFT\n     {driver: hid-relay, id: BITFT}"));
}

TEST_F(AnInterview, TakesADriverThatNobodyOfferedAndAsksAgainForOneThereIsNot) {
  Interview asking = interview("rtee url=http://rte:8000\nrte url=http://rte:8000 gpio=0\n1\n");
  const auto power = asking.ask_power();
  ASSERT_TRUE(power) << power.error().text();
  EXPECT_EQ(power->driver, "rte");
  EXPECT_THAT(out.str(), HasSubstr("found rtee url=http://rte:8000, expected a number above or a driver"));
}

TEST_F(AnInterview, EndsWhereNobodyAnswers) {
  Interview asking = interview("");
  EXPECT_EQ(asking.ask_power().error().cause(), Cause::mistake);
}

}  // namespace
}  // namespace coldboot
