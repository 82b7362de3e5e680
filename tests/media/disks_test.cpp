#include "harness/media/disks.hpp"

#include <sys/sysmacros.h>

#include <gmock/gmock.h>

#include "tests/media/sysfs_tree.hpp"

namespace coldboot {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t card_bytes = 15931539456;

class DisksOfAHost : public testing::Test {
 protected:
  [[nodiscard]] Disk named(const std::string& name) const {
    for (const Disk& disk : disks.all().value()) {
      if (disk.name == name) return disk;
    }
    ADD_FAILURE() << "no disk " << name;
    return {};
  }
  [[nodiscard]] Fault refusal(const std::string& name, std::uint64_t bytes = card_bytes) const {
    const auto free = disks.check_is_free(named(name), bytes);
    return free ? Fault(Cause::internal, "", "may be written") : free.error();
  }

  SysfsTree tree;
  Disks disks{tree.root()};
  std::filesystem::path card = tree.disk("sdb", "1-4.1", "8:16", card_bytes);
};

TEST_F(DisksOfAHost, AreListedWithWhereTheyArePluggedIn) {
  (void)tree.disk("sda", "", "8:0", 256060514304);
  tree.partition(card, "sdb1", "8:17");
  std::vector<std::string> seen;
  for (const Disk& disk : disks.all().value())
    seen.push_back(fmt::format("{} {} {} {}", disk.name, disk.usb_port, disk.bytes, disk.is_partition));
  EXPECT_THAT(seen, ElementsAre("sda  256060514304 false", "sdb 1-4.1 15931539456 false", "sdb1 1-4.1 1048576 true"));
  EXPECT_EQ(named("sdb").number, makedev(8, 16));
  EXPECT_EQ(disks.numbered(makedev(8, 16)).value()->name, "sdb");
  EXPECT_FALSE(disks.numbered(makedev(9, 9)).value());
}

TEST_F(DisksOfAHost, OfTheReaderAreTheMultiplexersOwnAndNoOther) {
  (void)tree.disk("sda", "", "8:0", card_bytes);
  (void)tree.disk("sdc", "1-5.1", "8:32", card_bytes);    // another multiplexer
  (void)tree.disk("sdd", "1-4", "8:48", card_bytes);      // at the port above it
  (void)tree.disk("sde", "1-4.1.2", "8:64", card_bytes);  // behind a hub of its own
  (void)tree.disk("sdf", "1-4.3", "8:80", 0);             // a slot without a card
  tree.partition(card, "sdb1", "8:17");
  EXPECT_EQ(disks.of_reader({.port = "", .hub = "1-4", .chip = "1-4.2"}).value()->name, "sdb");
  EXPECT_EQ(disks.of_reader({.port = "1-5.1", .hub = "", .chip = ""}).value()->name, "sdc");
  EXPECT_FALSE(disks.of_reader({.port = "", .hub = "1-7", .chip = "1-7.2"}).value());
  EXPECT_FALSE(disks.of_reader({.port = "", .hub = "", .chip = "1-4"}).value()) << "no hub is no place";
}

TEST_F(DisksOfAHost, AreNotGuessedWhereTwoCouldBeTheCard) {
  (void)tree.disk("sdc", "1-4.3", "8:32", card_bytes);
  const auto found = disks.of_reader({.port = "", .hub = "1-4", .chip = "1-4.2"});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().cause(), Cause::refused);
  EXPECT_THAT(found.error().text(), HasSubstr("found several disks at usb 1-4: /dev/sdb and /dev/sdc"));
}

TEST_F(DisksOfAHost, ThatNobodyUsesMayBeWritten) {
  tree.partition(card, "sdb1", "8:17");
  tree.mounts("22 27 8:2 / / rw - ext4 /dev/sda2 rw\n");
  tree.swaps("/dev/sda3 partition 1000 0 -2\n");
  const auto free = disks.check_is_free(named("sdb"), card_bytes);
  EXPECT_TRUE(free) << free.error().text();
}

TEST_F(DisksOfAHost, ThatAreMountedMayNot) {
  tree.partition(card, "sdb1", "8:17");
  tree.mounts("30 27 8:17 / /media/card rw,nosuid - vfat /dev/sdb1 rw\n");
  const Fault fault = refusal("sdb");
  EXPECT_EQ(fault.cause(), Cause::busy);
  EXPECT_THAT(fault.text(), HasSubstr("/dev/sdb is in use: sdb1 is mounted at /media/card"));
}

TEST_F(DisksOfAHost, ThatAreMountedUnderANumberOfTheFileSystemsOwnMayNot) {
  tree.partition(card, "sdb1", "8:17");
  tree.mounts("30 27 0:51 /sub /media/card rw shared:7 - btrfs /dev/sdb1 rw\n");
  EXPECT_THAT(refusal("sdb").text(), HasSubstr("sdb1 is mounted at /media/card"));
}

TEST_F(DisksOfAHost, ThatTheSystemRunsFromMayNot) {
  tree.partition(card, "sdb2", "8:18");
  tree.mounts("22 1 8:18 / / rw - ext4 /dev/root rw\n");
  const Fault fault = refusal("sdb");
  EXPECT_EQ(fault.cause(), Cause::refused);
  EXPECT_THAT(fault.text(), HasSubstr("/dev/sdb is what this system runs from: sdb2 is mounted at /"));
}

TEST_F(DisksOfAHost, ThatTheSystemRunsFromThroughAMappedDeviceMayNot) {
  tree.partition(card, "sdb2", "8:18");
  const auto mapped = tree.block("dm-0", "sys/devices/virtual/block/dm-0", "253:0", 1 << 20);
  tree.holder(card / "sdb2", mapped);
  tree.mounts("22 1 253:0 / / rw - ext4 /dev/mapper/root rw\n");
  EXPECT_THAT(refusal("sdb").text(), HasSubstr("dm-0 is mounted at /"));
}

TEST_F(DisksOfAHost, ThatAreSwappedToMayNot) {
  tree.partition(card, "sdb3", "8:19");
  tree.swaps("/dev/sdb3                               partition\t1000\t0\t-2\n");
  EXPECT_THAT(refusal("sdb").text(), HasSubstr("sdb3 is swapped to"));
}

TEST_F(DisksOfAHost, ThatArePartOfSomethingMayNot) {
  tree.partition(card, "sdb1", "8:17");
  const auto raid = tree.block("md0", "sys/devices/virtual/block/md0", "9:0", 1 << 20);
  tree.holder(card / "sdb1", raid);
  const Fault fault = refusal("sdb");
  EXPECT_EQ(fault.cause(), Cause::busy);
  EXPECT_THAT(fault.text(), HasSubstr("sdb1 is part of md0"));
}

TEST_F(DisksOfAHost, OfAnotherSizeMayNot) {
  const Fault fault = refusal("sdb", card_bytes + 512);
  EXPECT_EQ(fault.cause(), Cause::refused);
  EXPECT_THAT(fault.text(), AllOf(HasSubstr("has 15931539456 bytes"), HasSubstr("expected the 15931539968")));
  EXPECT_THAT(refusal("sdb", card_bytes - 512).text(), HasSubstr("expected the 15931538944"));
}

TEST_F(DisksOfAHost, ThatArePartitionsOrLockedMayNot) {
  tree.partition(card, "sdb1", "8:17");
  EXPECT_THAT(refusal("sdb1", 1 << 20).text(), HasSubstr("is a partition, expected a whole disk"));
  put_text(card / "ro", "1\n");
  EXPECT_THAT(refusal("sdb").text(), HasSubstr("is read-only"));
}

TEST_F(DisksOfAHost, AreOpenedAsThemselvesOnly) {
  Disk nothing = named("sdb");
  nothing.name = "coldboot-has-no-such-disk";
  EXPECT_EQ(open_disk(nothing, DiskUse::read).error().cause(), Cause::lost);
  nothing.name = "null";  // a device, and none
  EXPECT_THAT(open_disk(nothing, DiskUse::read).error().text(), HasSubstr("is another device than a moment ago"));
}

}  // namespace
}  // namespace coldboot
