#include "drivers/usb_sd_mux/usb_sd_mux.hpp"

#include <gmock/gmock.h>

#include "tests/soon.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A USB-SD-Mux as the system shows it, and a program in the place of theirs that keeps its state in a file.
class UsbSdMuxes : public testing::Test {
 protected:
  void SetUp() override {
    const fs::path device = folder.path() / "sys/devices/usb1/1-4/1-4.1/1-4.1:1.0/host2/target2:0:0/2:0:0:0";
    fs::create_directories(device / "scsi_generic/sg3");
    fs::create_directories(folder.path() / "sys/class/scsi_generic");
    fs::create_directories(folder.path() / "dev/usb-sd-mux");
    fs::create_directory_symlink(device / "scsi_generic/sg3", folder.path() / "sys/class/scsi_generic/sg3");
    fs::create_symlink("../sg3", folder.path() / "dev/usb-sd-mux/id-00048.00643");
    program("case $2 in get) cat \"$0.state\" ;; *) echo \"$2\" > \"$0.state\" ;; esac");
    put_text(folder.path() / "usbsdmux.state", "dut\n");
  }
  void program(const std::string& script) const {
    const std::string file = folder.write("usbsdmux", "#!/bin/sh\n" + script + "\n");
    fs::permissions(file, fs::perms::owner_all);
  }
  [[nodiscard]] UsbSdMux mux(const std::string& id = "00048.00643") const {
    return UsbSdMux({.where = "apu/sd", .id = id, .program = folder.path() / "usbsdmux", .root = folder.path()});
  }

  TemporaryFolder folder;
};

TEST_F(UsbSdMuxes, MoveTheCardByTheirOwnProgram) {
  UsbSdMux sd = mux();
  EXPECT_EQ(sd.reader(soon())->port, "1-4.1");
  EXPECT_EQ(sd.side(soon()).value(), CardSide::dut);
  for (const CardSide side : {CardSide::host, CardSide::off, CardSide::dut}) {
    const auto turned = sd.turn(side, soon());
    ASSERT_TRUE(turned) << turned.error().text();
    EXPECT_EQ(sd.side(soon()).value(), side);
  }
}

TEST_F(UsbSdMuxes, AreSpokenToInTheWordsOfTheirRealProgram) {
  UsbSdMux sd({.where = "apu/sd", .id = "00048.00643", .root = folder.path()});
  for (const CardSide side : {CardSide::host, CardSide::off, CardSide::dut}) {
    const auto turned = sd.turn(side, soon());
    ASSERT_FALSE(turned) << "there is no device behind the link";
    if (turned.error().cause() == Cause::missing) GTEST_SKIP() << turned.error().text();
    EXPECT_THAT(turned.error().text(), HasSubstr("ended with 1: [Errno 2] No such file or directory"));  // 2: a word
  }
}

TEST_F(UsbSdMuxes, ThatAreNotPluggedInAreMissing) {
  const auto connected = mux("00048.99999").connect(soon());
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().cause(), Cause::missing);
}

TEST_F(UsbSdMuxes, ThatDoNotSwitchAreFaults) {
  program("echo dut");
  EXPECT_THAT(mux().turn(CardSide::host, soon()).error().text(),
              HasSubstr("the card is at the DUT, expected the host"));
  program("echo 'usbsdmux: permission denied' >&2; exit 1");
  const auto refused = mux().turn(CardSide::host, soon());
  EXPECT_EQ(refused.error().cause(), Cause::io);
  EXPECT_THAT(refused.error().text(), HasSubstr("ended with 1: usbsdmux: permission denied"));
  program("echo sideways");
  EXPECT_EQ(mux().side(soon()).error().cause(), Cause::protocol);
}

}  // namespace
}  // namespace coldboot
