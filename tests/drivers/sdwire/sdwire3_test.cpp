#include "drivers/sdwire/sdwire3.hpp"

#include <gmock/gmock.h>

#include "tests/lab/shelf_bus.hpp"
#include "tests/media/sysfs_tree.hpp"

namespace coldboot {
namespace {

using testing::HasSubstr;

const Until whenever;

/// A card reader that holds its card while the system's driver holds it; what that does counts from the next reset on.
class EmulatedReader final : public UsbModel {
 public:
  EmulatedReader(const SysfsTree& tree, std::uint16_t product)
      : UsbModel({.vendor = 0x0bda,
                  .product = product,
                  .version = 0x0200,
                  .speed = "480",
                  .serial = "20120501030900000",
                  .interface_and_endpoints = {9, 4, 0, 0, 0, 8, 6, 0x50, 0}}),
        tree_(tree) {}

  void driver_is(bool attached) override { is_attached_ = attached; }
  void reset() override {
    if (is_attached_) {
      (void)tree_.disk("sdb", "1-4", "8:16", 1 << 20);
    } else {
      std::filesystem::remove(tree_.root() / "sys/class/block/sdb");
    }
  }

 private:
  void power_on() override {}
  Answer answer(const Setup&, std::span<const std::uint8_t>) override { return {Status::stall}; }

  const SysfsTree& tree_;
  bool is_attached_ = false;
};

TEST(SdWire3, MovesTheCardWithTheSystemsDriver) {
  const SysfsTree tree;
  EmulatedReader board(tree, 0x0316);
  Shelf shelf;
  shelf.plug(board, "1-4");
  SdWire3 mux(shelf.bus(), {.where = "apu/sd", .port = "1-4", .disks = Disks(tree.root())});
  ASSERT_TRUE(mux.connect(whenever));
  EXPECT_EQ(mux.side(whenever).value(), CardSide::dut);
  ASSERT_TRUE(mux.turn(CardSide::host, whenever));
  EXPECT_EQ(mux.side(whenever).value(), CardSide::host);
  ASSERT_TRUE(mux.turn(CardSide::dut, whenever));
  EXPECT_EQ(mux.side(whenever).value(), CardSide::dut);
  EXPECT_EQ(mux.reader(whenever)->port, "1-4");
}

TEST(SdWire3, IsNoOtherReader) {
  const SysfsTree tree;
  EmulatedReader board(tree, 0x0129);
  Shelf shelf;
  shelf.plug(board, "1-4");
  SdWire3 mux(shelf.bus(), {.where = "apu/sd", .port = "1-4", .disks = Disks(tree.root())});
  EXPECT_THAT(mux.turn(CardSide::host, whenever).error().text(), HasSubstr("found 0bda:0129 at usb 1-4"));
  SdWire3 elsewhere(shelf.bus(), {.where = "apu/sd", .port = "1-7", .disks = Disks(tree.root())});
  EXPECT_EQ(elsewhere.connect(whenever).error().cause(), Cause::missing);
}

}  // namespace
}  // namespace coldboot
