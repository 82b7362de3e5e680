// The program itself looks at benches of a lab, each with one thing wrong.

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "harness/io/lock_file.hpp"
#include "harness/io/serial_line.hpp"
#include "tests/cli/program.hpp"
#include "tests/doctor/emulated_dut.hpp"
#include "tests/drivers/hid_relay/hid_relay_board.hpp"
#include "tests/drivers/tasmota/tasmota_emulator.hpp"
#include "tests/io/listener.hpp"
#include "tests/lab/lab.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/web/outlet_server.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int trusted = 0;
constexpr int mistaken = 2;
constexpr int not_trusted = 3;

/// A bench as a lab has it: a HID relay, a serial adapter, and a DUT that speaks while it has power.
class Doctor : public testing::Test {
 protected:
  void SetUp() override {
    lab.plug(board, "1-4");
    dut_line = lab.plug(adapter);
    write_bench(hid_relay);
  }

  void write_bench(const std::string& power, const std::string& console = ftdi) const {
    (void)folder.write("bench.yaml", fmt::format("coldboot: bench/1\nname: {}\npower: {{{}, off-min: 0 s}}\n"
                                                 "consoles: {{com1: {{{}, line: 115200n8}}}}\n",
                                                 name, power, console));
  }

  [[nodiscard]] ChildResult doctor(const std::vector<std::string>& options = {}) const {
    std::vector<std::string> arguments = {"doctor", "bench.yaml"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return coldboot(arguments, folder.path());
  }
  [[nodiscard]] ChildResult cycle() const { return doctor({"--switch", "--within", "2 s", "--silent-for", "300 ms"}); }
  [[nodiscard]] EmulatedDut plugged_dut(EmulatedDut::Wiring wiring = EmulatedDut::Wiring::good) const {
    return EmulatedDut(dut_line, [this] { return board.is_on(1); }, wiring);
  }

  static void expect(const ChildResult& ended, int status, const std::string& what, const std::string& remedy = "") {
    EXPECT_EQ(ended.exit_status, status) << ended.output;
    EXPECT_THAT(ended.output, AllOf(HasSubstr(what), HasSubstr(remedy)));
  }

  static constexpr const char* hid_relay = "driver: hid-relay, id: BITFT, channel: 1, retry: {times: 0}";
  static constexpr const char* ftdi = "driver: tty, id: \"usb:0403:6001:A50285BI\"";

  const std::string name = fmt::format("doctor-{}", ::getpid());
  EmulatedHidRelay board{"BITFT", 2};
  EmulatedHidRelay other{"XYZZY", 2};
  EmulatedHidRelay twin{"BITFT", 2};
  Lab lab;
  Lab::SerialAdapter adapter{.serial = "A50285BI", .port = "1-1"};
  int dut_line = -1;
  TemporaryFolder folder;
};

TEST_F(Doctor, TrustsAGoodBenchAndSwitchesNothing) {
  const ChildResult ended = doctor();
  expect(ended, trusted, "USB HID relay BITFT, 2 channels, at usb 1-4", "the bench can be trusted");
  EXPECT_THAT(ended.output, HasSubstr("FT232R USB UART 0403:6001 A50285BI at usb 1-1"));
  EXPECT_THAT(ended.output, HasSubstr("reads back that the DUT's power is off"));
  EXPECT_THAT(ended.output, HasSubstr("its adapter holds bytes for 1 ms at most"));
  EXPECT_THAT(ended.output, Not(HasSubstr("wrong   ")));
  EXPECT_EQ(board.commands(), 0);
  EXPECT_EQ(lab.latency_timer(adapter), 16) << "as it was";
}

TEST_F(Doctor, TellsMachinesTheSame) {
  const json told = json::parse(doctor({"--json"}).output);
  EXPECT_TRUE(told.at("trusted").get<bool>());
  std::set<std::string> checks;
  for (const json& diagnosis : told.at("diagnoses")) checks.insert(diagnosis.at("check").get<std::string>());
  EXPECT_THAT(checks, testing::IsSupersetOf({"file", "clock", "disk", "lock", "devices", "relays", "latency"}));
}

TEST_F(Doctor, PowerCyclesTheDutWithProofWhenAsked) {
  const EmulatedDut dut = plugged_dut();
  const ChildResult ended = cycle();
  expect(ended, trusted, "the DUT speaks with power, and is silent without");
  EXPECT_THAT(board.edges(), ElementsAre("1 on", "1 off"));
}

TEST_F(Doctor, PointsAtAMistakeInTheFile) {
  write_bench("driver: hid-relai, id: BITFT");
  expect(doctor(), mistaken, "bench.yaml:3:17", "hid-relay");
}

// ---------------------------------------------------------------------------------------- seeded faults

TEST_F(Doctor, SaysThatTheRelayIsUnplugged) {
  lab.unplug("1-4");
  const ChildResult ended = doctor();
  expect(ended, not_trusted, "found no HID relay board with the id BITFT", "is it plugged in?");
  EXPECT_THAT(ended.output, HasSubstr("A50285BI at usb 1-1")) << "and goes on";
}

TEST_F(Doctor, SaysThatAnotherBoardWithTheSameUsbIdsIsThere) {
  lab.unplug("1-4");
  lab.plug(other, "1-4");
  expect(doctor(), not_trusted, "found no HID relay board with the id BITFT", "there is XYZZY at usb 1-4");
}

TEST_F(Doctor, SaysThatTwoBoardsHaveOneId) {
  lab.plug(twin, "1-5");
  expect(doctor(), not_trusted, "BITFT at usb 1-4, BITFT at usb 1-5", "name the one meant by where it is plugged in");
}

TEST_F(Doctor, SaysWhichRightIsMissing) {
  const char* testbed = std::getenv("UMOCKDEV_DIR");
  ASSERT_NE(testbed, nullptr);
  for (const fs::path& passable : {fs::path(testbed), folder.path()}) fs::permissions(passable, fs::perms(0777));
  for (const auto& own :
       fs::recursive_directory_iterator(testbed)) {  // of the lab itself, which is no part of the test
    if (own.is_socket() || own.is_directory()) fs::permissions(own.path(), fs::perms(0777));
  }
  const fs::path nodes = fs::path(testbed) / "dev";
  fs::permissions(fs::canonical(nodes / adapter.tty), fs::perms(0));
  for (const auto& node : fs::recursive_directory_iterator(nodes / "bus/usb")) {
    if (!node.is_directory()) fs::permissions(node.path(), fs::perms(0));
  }
  std::vector<std::string> command = {COLDBOOT_BINARY, "doctor", "bench.yaml"};
  if (::getuid() == 0) command.insert(command.begin(), {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  ChildOptions options;
  options.directory = folder.path();
  const auto ended = run_child(command, Until(std::chrono::steady_clock::now() + std::chrono::seconds(60)), options);
  ASSERT_TRUE(ended) << ended.error().text();
  expect(*ended, not_trusted, "a udev rule gives the right: SUBSYSTEM==\"usb\", ATTR{idVendor}==\"16c0\"");
  if (::getuid() == 0) {
    EXPECT_THAT(ended->output, HasSubstr("this user needs to be in the group"));
  }
}

TEST_F(Doctor, SaysWhoHasTheTty) {
  const auto held = SerialLine::open("usb:0403:6001:A50285BI", {}, "test");
  ASSERT_TRUE(held) << held.error().text();
  expect(doctor(), not_trusted, fmt::format(", process {} (lock ", ::getpid()), "end that program");
}

TEST_F(Doctor, SaysThatTheSerialAdapterIsMissing) {
  lab.unplug(adapter);
  expect(doctor(), not_trusted, "found no serial port usb:0403:6001:A50285BI", "is the adapter plugged in?");
}

TEST_F(Doctor, SaysWhichRunHasTheBenchAndTouchesNothing) {
  const auto locks = lock_folder();
  ASSERT_TRUE(locks);
  const auto held = LockFile::acquire(*locks / fmt::format("bench-{}.lock", name), "coldboot run nightly.yaml");
  ASSERT_TRUE(held) << held.error().text();
  const ChildResult ended = doctor({"--switch"});
  expect(ended, not_trusted, "coldboot run nightly.yaml", "wait until that has ended");
  EXPECT_EQ(board.commands(), 0);
  EXPECT_THAT(ended.output, Not(HasSubstr("A50285BI at usb")));
}

TEST_F(Doctor, SaysThatTheRelayDoesNotFollow) {
  const EmulatedDut dut = plugged_dut();
  board.stick(1000);
  expect(cycle(), not_trusted, "reads back open, expected closed", "check the board's supply and its cable");
}

TEST_F(Doctor, SaysThatARelayOnTheNetworkDoesNotAnswer) {
  const int nobody = Listener().port();
  write_bench(fmt::format("driver: tasmota, url: \"http://127.0.0.1:{}\"", nobody));
  const ChildResult ended = doctor();
  expect(ended, not_trusted, fmt::format("http://127.0.0.1:{}", nobody));
  EXPECT_THAT(ended.output, HasSubstr(name + "/power"));
}

TEST_F(Doctor, WarnsOfOtherHostsThatReachARelayOnTheNetwork) {
  const OutletServer server(tasmota_dialect());
  write_bench(fmt::format("driver: tasmota, url: \"{}\"", server.url()));
  expect(doctor(), trusted, "other hosts reach tasmota too, and no lock of this host keeps them off", "labgrid place");
}

TEST_F(Doctor, SaysThatASecretIsMissing) {
  write_bench("driver: tasmota, url: \"http://127.0.0.1:9\", password: \"file:secrets/outlet\"");
  expect(doctor(), not_trusted, "no secret", "write it into that file, for this user alone to read");
}

TEST_F(Doctor, WarnsOfASecretThatEverybodyMayRead) {
  const OutletServer server(tasmota_dialect({.password = "hunter2"}));
  fs::permissions(folder.write("secret", "hunter2\n"), fs::perms(0644));
  write_bench(fmt::format("driver: tasmota, url: \"{}\", password: \"file:secret\"", server.url()));
  const ChildResult ended = doctor();
  expect(ended, trusted, "everybody on this machine may read the secret", "chmod o-r");
  EXPECT_THAT(ended.output, Not(HasSubstr("hunter2")));
}

TEST_F(Doctor, SaysThatThereIsTooLittleRoomForRuns) {
  expect(doctor({"--room", "1000000 GiB"}), not_trusted, "MiB are free in", "remove old runs");
}

TEST_F(Doctor, SaysThatTheConsoleIsSilentThoughTheDutHasPower) {
  const EmulatedDut dut = plugged_dut(EmulatedDut::Wiring::cut);
  expect(cycle(), not_trusted, "no console says anything within 2 s after power came", "null-modem cable");
  EXPECT_FALSE(board.is_on(1)) << "left without power";
}

TEST_F(Doctor, SaysThatTheDutIsFedByAnotherCable) {
  const EmulatedDut dut = plugged_dut(EmulatedDut::Wiring::fed);
  expect(cycle(), not_trusted, "com1 goes on though power is off", "pull them one by one");
  EXPECT_FALSE(board.is_on(1));
}

TEST_F(Doctor, SaysThatARelayOnTheNetworkIsSilent) {
  OutletServer server(tasmota_dialect());
  server.put_trouble(OutletServer::Trouble::silent);
  write_bench(fmt::format("driver: tasmota, url: \"{}\"", server.url()));
  const ChildResult ended = doctor();
  expect(ended, not_trusted, "relays: ", server.url());
  EXPECT_THAT(ended.output, AllOf(HasSubstr("no whole answer in"), HasSubstr("is the device on")));
}

TEST_F(Doctor, WarnsThatAConsoleServerMayHoldBytesBack) {
  const Listener server;
  write_bench(hid_relay, fmt::format("driver: tcp, address: \"127.0.0.1:{}\"", server.port()));
  const ChildResult ended = doctor();
  expect(ended, trusted, "how late its bytes are is not known", "chardelay: false");
  EXPECT_THAT(ended.output, HasSubstr("other hosts reach tcp too"));
}

TEST_F(Doctor, IsContentWithOtherHostsWhileAPlaceOfLabgridIsHeld) {
  const Listener server;
  const fs::path client = fs::path(COLDBOOT_SOURCE_DIR) / "tests/drivers/labgrid/labgrid-client";
  fs::copy(client, folder.path());
  write_bench(
      fmt::format("driver: labgrid, place: apu2-3, client: \"{}\"", (folder.path() / "labgrid-client").string()),
      fmt::format("driver: tcp, address: \"127.0.0.1:{}\"", server.port()));
  expect(doctor(), trusted, "other hosts reach tcp too, and a place of a coordinator is held meanwhile");
  EXPECT_FALSE(fs::exists(folder.path() / "taken-by")) << "released";
}

TEST_F(Doctor, WarnsOfAPortThatHasLostBytes) {
  lab.set_errors(adapter, {.overruns = 3, .buffer_overruns = 1});
  expect(doctor(), trusted, "its port has counted 4 lost bytes since it was plugged in", "another USB port");
}

TEST_F(Doctor, LeavesTheDutWithoutPowerWhenItIsStoppedInTheMiddle) {
  RunningProgram program({"doctor", folder.path() / "bench.yaml", "--switch", "--within", "60 s"});
  ASSERT_TRUE(becomes_true([&] { return board.is_on(1); }));
  program.signal(SIGINT);
  EXPECT_EQ(program.wait(), 128 + SIGINT);
  EXPECT_FALSE(board.is_on(1));
}

// ----------------------------------------------------------------------------------------------- mending

TEST_F(Doctor, RemovesALockThatNamesNobodyWhenAskedTo) {
  const fs::path lock = serial_lock_folder / ("LCK.." + adapter.tty);
  put_text(lock, "");
  fs::last_write_time(lock, fs::file_time_type::clock::now() - std::chrono::hours(1));
  expect(doctor(), not_trusted, "is held by somebody", "coldboot doctor --fix");
  expect(doctor({"--fix"}), trusted, "mended: removed " + lock.string());
  EXPECT_FALSE(fs::exists(lock));
}

TEST_F(Doctor, ShortensTheLatencyTimerForGoodWhenAskedTo) {
  expect(doctor({"--fix"}), trusted, "mended: set the latency timer of /dev/" + adapter.tty + " from 16 ms to 1 ms");
  EXPECT_EQ(lab.latency_timer(adapter), 1);
}

}  // namespace
}  // namespace coldboot
