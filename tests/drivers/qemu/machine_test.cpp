#include "drivers/qemu/machine.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coldboot {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string command_line(const QemuMachine& machine) {
  return fmt::format("{}", fmt::join(command_for(machine, {.console = 3, .control = 4, .taps = {{"lan", 5}}}), " "));
}

TEST(QemuMachine, IsStoppedUntilItsControlConnectionLetsItRun) {
  const std::string line = command_line({});
  EXPECT_THAT(line, HasSubstr(" -S "));
  EXPECT_THAT(line, HasSubstr("socket,id=com1,fd=3 -serial chardev:com1"));
  EXPECT_THAT(line, HasSubstr("socket,id=control,fd=4 -mon chardev=control,mode=control"));
}

TEST(QemuMachine, HasSoftwareEmulationUnlessAskedForTheHosts) {
  EXPECT_THAT(command_line({}), HasSubstr("-accel tcg,thread=multi"));
  EXPECT_THAT(command_line({.kvm = true}), HasSubstr("-accel kvm"));
}

TEST(QemuMachine, BootsItsFlashAndItsCard) {
  const std::string line = command_line({.cpus = 1, .memory_mib = 2048, .firmware = "/b/flash.rom", .sd = "/b/sd.img"});
  EXPECT_THAT(line, HasSubstr("-machine q35 "));
  EXPECT_THAT(line, HasSubstr("-smp 1 -m 2048"));
  EXPECT_THAT(line, HasSubstr("if=pflash,format=raw,file=/b/flash.rom"));
  EXPECT_THAT(line, HasSubstr("if=none,id=sd,format=raw,file=/b/sd.img -device sd-card,drive=sd"));
}

TEST(QemuMachine, WithoutFlashLetsQemusOwnFirmwareSpeakOnTheSerialLine) {
  const std::string line = command_line({});
  EXPECT_THAT(line, HasSubstr("-machine q35,graphics=off"));
  EXPECT_THAT(line, Not(HasSubstr("pflash")));
  EXPECT_THAT(line, Not(HasSubstr("sd-card")));
}

TEST(QemuMachine, WritesACommaInAPathTwice) {
  EXPECT_THAT(command_line({.firmware = "/a,b/flash.rom"}), HasSubstr("file=/a,,b/flash.rom"));
}

TEST(QemuMachine, HasACableWhereThereIsAPortAndNobodyOnTheOtherCard) {
  const std::string line = command_line({});
  EXPECT_THAT(line, HasSubstr("-netdev tap,id=lan,fd=5 -device e1000e,netdev=lan"));
  EXPECT_THAT(line, HasSubstr("-netdev hubport,id=wan,hubid=1 -device e1000e,netdev=wan"));
}

TEST(QemuMachine, HasTheIommuBeforeTheCardsItSeparates) {
  const std::string line = command_line({.iommu = true});
  EXPECT_LT(line.find("amd-iommu"), line.find("e1000e"));
}

}  // namespace
}  // namespace coldboot
