#include "harness/io/serial_line.hpp"

#include <chrono>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/io/talk.hpp"
#include "tests/lab/lab.hpp"
#include "tests/soon.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class SerialLines : public testing::Test {
 protected:
  [[nodiscard]] Result<SerialLine> open(const std::string& id, SerialLineOptions options = {}) const {
    options.lock_folder = locks.path();
    return SerialLine::open(id, options, "apu/com1");
  }

  TemporaryFolder locks;
  Lab lab;
  Lab::SerialAdapter adapter{.serial = "A50285BI", .port = "1-1"};
};

TEST_F(SerialLines, AreFoundBySerialNumberByPortAndByPath) {
  lab.plug(adapter);
  for (const std::string& id : {std::string("usb:0403:6001:A50285BI"), std::string("usb:0403:6001:A50285BI:0"),
                                std::string("usb:1-1"), std::string("usb:1-1:0"), "/dev/" + adapter.tty}) {
    const auto port = find_serial_port(id, "apu/com1");
    ASSERT_TRUE(port) << id << ": " << port.error().text();
    EXPECT_EQ(port->device, "/dev/" + adapter.tty) << id;
    EXPECT_EQ(port->usb_id, "0403:6001") << id;
    EXPECT_EQ(port->stable_id(), "usb:0403:6001:A50285BI");
    EXPECT_EQ(port->description(), "/dev/" + adapter.tty + " (FT232R USB UART 0403:6001 A50285BI at usb 1-1)");
  }
}

TEST_F(SerialLines, AreFoundThroughTheLinksUdevMakes) {
  lab.plug(adapter);
  std::filesystem::create_symlink("/dev/" + adapter.tty, locks.path() / "usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0");
  std::filesystem::create_symlink("usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0", locks.path() / "com1");
  const auto port = find_serial_port(locks.path() / "com1", "apu/com1");
  ASSERT_TRUE(port) << port.error().text();
  EXPECT_EQ(port->stable_id(), "usb:0403:6001:A50285BI");
}

TEST_F(SerialLines, WithoutASerialNumberAreKnownByWhereTheyArePluggedIn) {
  adapter = {.vendor = "1a86", .product = "7523", .name = "USB Serial", .port = "1-1"};
  lab.plug(adapter);
  const auto ports = serial_ports();
  ASSERT_EQ(ports.size(), 1U);
  EXPECT_EQ(ports[0].stable_id(), "usb:1-1");
}

TEST_F(SerialLines, OfOneAdapterAreToldApartByInterface) {
  Lab::SerialAdapter second = adapter;
  second.interface = 1;
  second.tty = Lab::own_tty(1);
  lab.plug(adapter);
  lab.plug(second);
  const auto both = find_serial_port("usb:0403:6001:A50285BI", "apu/com1");
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().cause(), Cause::refused);
  EXPECT_THAT(both.error().hint(), HasSubstr("usb:1-1:0, usb:1-1:1"));
  const auto one = find_serial_port("usb:0403:6001:A50285BI:1", "apu/com1");
  ASSERT_TRUE(one) << one.error().text();
  EXPECT_EQ(one->device, "/dev/" + second.tty);
  EXPECT_EQ(one->stable_id(), "usb:0403:6001:A50285BI:1");
  lab.unplug(second);
}

TEST_F(SerialLines, WithOneSerialNumberAreRefusedUnlessNamedByPort) {
  Lab::SerialAdapter twin = adapter;
  twin.port = "1-2";
  twin.tty = Lab::own_tty(1);
  lab.plug(adapter);
  lab.plug(twin);
  EXPECT_EQ(find_serial_port("usb:0403:6001:A50285BI", "x").error().cause(), Cause::refused);
  EXPECT_EQ(find_serial_port("usb:1-2", "x")->device, "/dev/" + twin.tty);
}

TEST_F(SerialLines, ThatAreNotThereAreMissingAndThoseThatAreAreNamed) {
  lab.plug(adapter);
  for (const char* id : {"usb:0403:6001:OTHER", "usb:1-9", "/dev/serial/by-id/none"}) {
    const auto port = find_serial_port(id, "apu/com1");
    ASSERT_FALSE(port) << id;
    EXPECT_EQ(port.error().cause(), Cause::missing) << id;
    EXPECT_EQ(port.error().where(), "apu/com1");
    EXPECT_THAT(port.error().hint(), HasSubstr("usb:0403:6001:A50285BI"));
  }
}

TEST_F(SerialLines, HaveIdsOfAFewForms) {
  for (const char* id : {"ttyUSB0", "usb:", "usb:x", "usb:0403:6001", "A50285BI"}) {
    EXPECT_EQ(find_serial_port(id, "x").error().cause(), Cause::mistake) << id;
  }
}

TEST_F(SerialLines, AreOpenedRawAtTheirRate) {
  lab.plug(adapter);
  const auto line = open("usb:1-1", {.rate = {.baud = 57600, .parity = 'e', .data_bits = 7, .stop_bits = 2}});
  ASSERT_TRUE(line) << line.error().text();
  termios settings{};
  ASSERT_EQ(::tcgetattr(line->descriptor(), &settings), 0);
  EXPECT_EQ(::cfgetispeed(&settings), static_cast<speed_t>(B57600));
  EXPECT_EQ(settings.c_cflag & CSTOPB, static_cast<tcflag_t>(CSTOPB));
  EXPECT_EQ(settings.c_cflag & HUPCL, 0U);
  EXPECT_EQ(settings.c_lflag & (ICANON | ECHO | ISIG), 0U);
  EXPECT_EQ(settings.c_iflag & (IXON | IXOFF | ICRNL), 0U);
  EXPECT_EQ(settings.c_cc[VMIN], 1);
  EXPECT_NE(::fcntl(line->descriptor(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(::fcntl(line->descriptor(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(SerialLines, SetDtrAndRtsAsTheBenchSays) {
  lab.plug(adapter);
  struct Case {
    LineSignal dtr;
    LineSignal rts;
    int expected;
  };
  for (const Case& one : {Case{LineSignal::untouched, LineSignal::untouched, TIOCM_DTR | TIOCM_RTS},
                          Case{LineSignal::low, LineSignal::low, 0}, Case{LineSignal::high, LineSignal::low, TIOCM_DTR},
                          Case{LineSignal::low, LineSignal::high, TIOCM_RTS}}) {
    const auto line = open("usb:1-1", {.rate = {}, .dtr = one.dtr, .rts = one.rts});
    ASSERT_TRUE(line) << line.error().text();
    EXPECT_EQ(lab.outputs(adapter) & (TIOCM_DTR | TIOCM_RTS), one.expected);
  }
}

TEST_F(SerialLines, CarryEveryByteBothWays) {
  const int dut = lab.plug(adapter);
  const auto line = open("usb:1-1");
  ASSERT_TRUE(line) << line.error().text();
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  ASSERT_EQ(::write(dut, all.data(), all.size()), 256);
  std::string received;
  while (received.size() < all.size()) {
    const auto some = receive_bytes(line->descriptor(), soon(), "apu/com1");
    ASSERT_TRUE(some) << some.error().text();
    received += *some;
  }
  EXPECT_EQ(received, all);
  ASSERT_TRUE(send_bytes(line->descriptor(), all, soon(), "apu/com1"));
  received.clear();
  while (received.size() < all.size()) {
    char buffer[256];
    const ssize_t count = ::read(dut, buffer, sizeof buffer);
    ASSERT_GT(count, 0);
    received.append(buffer, static_cast<std::size_t>(count));
  }
  EXPECT_EQ(received, all);
}

TEST_F(SerialLines, BelongToOneProgram) {
  lab.plug(adapter);
  const auto first = open("usb:1-1");
  ASSERT_TRUE(first) << first.error().text();
  const auto second = open("usb:1-1");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().cause(), Cause::busy);
  EXPECT_THAT(second.error().text(), HasSubstr(std::to_string(::getpid())));
}

TEST_F(SerialLines, AreHeldByFlockWhereTheFolderOfLocksIsNotToBeHad) {
  lab.plug(adapter);
  const SerialLineOptions options{.rate = {}, .lock_folder = "/nonexistent"};
  const auto first = SerialLine::open("usb:1-1", options, "x");
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(SerialLine::open("usb:1-1", options, "x").error().cause(), Cause::busy);
}

TEST_F(SerialLines, AreFreeAgainOnceClosed) {
  lab.plug(adapter);
  ASSERT_TRUE(open("usb:1-1"));
  EXPECT_TRUE(std::filesystem::is_empty(locks.path()));
  EXPECT_TRUE(open("usb:1-1"));
}

TEST_F(SerialLines, AreLeftToATerminalProgramThatHasThem) {
  lab.plug(adapter);
  const std::string lock = "LCK.." + adapter.tty;
  put_text(locks.path() / lock, fmt::format("{:>10}\n", ::getppid()));
  const auto line = open("usb:1-1");
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().cause(), Cause::busy);
  EXPECT_THAT(line.error().text(), HasSubstr(fmt::format("process {}", ::getppid())));
  EXPECT_EQ(text_of(locks.path() / lock), fmt::format("{:>10}\n", ::getppid()));
}

TEST_F(SerialLines, WhoseHolderHasDiedAreTakenOver) {
  lab.plug(adapter);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  put_text(locks.path() / ("LCK.." + adapter.tty), fmt::format("{:>10} minicom root\n", child));
  EXPECT_TRUE(open("usb:1-1"));
}

TEST_F(SerialLines, AreNotTakenOverFromALockThatNamesNobody) {
  lab.plug(adapter);
  put_text(locks.path() / ("LCK.." + adapter.tty), "");
  EXPECT_EQ(open("usb:1-1").error().cause(), Cause::busy);
}

TEST_F(SerialLines, AreLeftByTheirMakerWithOneLock) {
  lab.plug(adapter);
  const auto line = open("usb:1-1");
  ASSERT_TRUE(line);
  EXPECT_EQ(text_of(locks.path() / ("LCK.." + adapter.tty)), fmt::format("{:>10}\n", ::getpid()));
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(locks.path())) ++files;
  EXPECT_EQ(files, 1U);
}

TEST_F(SerialLines, ComeBackUnderTheSameIdAtAnotherName) {
  lab.plug(adapter);
  ASSERT_TRUE(open("usb:0403:6001:A50285BI"));
  lab.unplug(adapter);
  EXPECT_EQ(open("usb:0403:6001:A50285BI").error().cause(), Cause::missing);
  adapter.tty = Lab::own_tty(7);
  lab.plug(adapter);
  const auto line = open("usb:0403:6001:A50285BI");
  ASSERT_TRUE(line) << line.error().text();
  EXPECT_EQ(line->port().device, "/dev/" + adapter.tty);
}

TEST_F(SerialLines, AreNoPlainFiles) {
  const std::string file = locks.write("file", "");
  EXPECT_EQ(open(file).error().cause(), Cause::mistake);
}

}  // namespace
}  // namespace coldboot
