#include "harness/media/card_medium.hpp"

#include <cstdlib>

#include <gmock/gmock.h>

#include "harness/io/lock_file.hpp"
#include "tests/leaping_clock.hpp"
#include "tests/media/emulated_card.hpp"
#include "tests/media/emulated_switch.hpp"
#include "tests/media/sample_image.hpp"
#include "tests/media/sysfs_tree.hpp"

namespace coldboot {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t card_size = std::size_t{2} << 20U;

/// Lends a card that outlives the medium.
class LentCard final : public ImageTarget {
 public:
  explicit LentCard(EmulatedCard& card) : card_(card) {}
  Result<void> write(std::uint64_t offset, std::span<const std::uint8_t> bytes) override {
    is_touched_ = true;
    return card_.write(offset, bytes);
  }
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> bytes) override { return card_.read(offset, bytes); }
  Result<void> sync() override { return card_.sync(); }
  std::string bypass_cache() override { return card_.bypass_cache(); }
  [[nodiscard]] bool is_touched() const override { return is_touched_; }
  [[nodiscard]] std::uint64_t bytes() const override { return card_.bytes(); }
  [[nodiscard]] std::string description() const override { return card_.description(); }

 private:
  EmulatedCard& card_;
  bool is_touched_ = false;  // since this was lent
};

class CardsBehindAMultiplexer : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("COLDBOOT_LOCKS", (folder.path() / "locks").c_str(), 1);
    switched.on_turn = [this](CardSide to) {
      if (to == CardSide::host) (void)tree.disk("sdb", "1-4.1", "8:16", disk_size);
      if (to == CardSide::dut) std::filesystem::remove(tree.root() / "sys/class/block/sdb");
    };
    image = folder.write("card.img", std::string(card_size / 2, 'i'));
  }
  CardMedium medium() {
    return CardMedium(std::make_unique<EmulatedSwitch>(switched),
                      {.where = "apu/sd",
                       .lock = card_lock("test", "a/b"),
                       .bytes = card_size,
                       .disks = Disks(tree.root()),
                       .open = [this](const Disk& disk, DiskUse) -> Result<std::unique_ptr<ImageTarget>> {
                         opened.push_back(disk.name);
                         return std::unique_ptr<ImageTarget>(std::make_unique<LentCard>(card));
                       }},
                      clock);
  }

  TemporaryFolder folder;
  SysfsTree tree;
  LeapingClock clock;
  SwitchedCard switched;
  EmulatedCard card{card_size};
  std::uint64_t disk_size = card_size;
  std::vector<std::string> opened;
  std::filesystem::path image;
};

TEST_F(CardsBehindAMultiplexer, AreWrittenAtTheHostAndGoBackToTheDut) {
  CardMedium sd = medium();
  const auto content = sd.write(image, {}, Until());
  ASSERT_TRUE(content) << content.error().text();
  EXPECT_THAT(switched.history, ElementsAre(CardSide::host, CardSide::dut));
  EXPECT_EQ(card.content.substr(0, card_size / 2), text_of(image));
  EXPECT_THAT(opened, ElementsAre("sdb"));
  const auto same = sd.verify(image, {}, Until());
  ASSERT_TRUE(same) << same.error().text();
  EXPECT_FALSE(same->differs_at);
  EXPECT_EQ(same->sha256, content->sha256);
  EXPECT_EQ(switched.side, CardSide::dut);
}

TEST_F(CardsBehindAMultiplexer, StayWhereTheyAreForAnImageThatIsNone) {
  const auto put = medium().put(folder.write("card.img.xz", "no xz"), Until());
  ASSERT_FALSE(put);
  EXPECT_THAT(switched.history, IsEmpty());
}

TEST_F(CardsBehindAMultiplexer, OfAnotherSizeAreNotWritten) {
  disk_size = card_size + 512;
  const auto put = medium().put(image, Until());
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().cause(), Cause::refused);
  EXPECT_EQ(put.error().where(), "apu/sd");
  EXPECT_THAT(put.error().text(), AllOf(HasSubstr("expected the 2097152"), HasSubstr("nothing was written")));
  EXPECT_THAT(opened, IsEmpty());
  EXPECT_EQ(switched.side, CardSide::dut);
}

TEST_F(CardsBehindAMultiplexer, ThatAreMountedByThemselvesAreNotWritten) {
  tree.mounts("30 27 8:16 / /media/card rw - vfat /dev/sdb rw\n");
  const auto put = medium().put(image, Until());
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().cause(), Cause::busy);
  EXPECT_THAT(opened, IsEmpty());
}

TEST_F(CardsBehindAMultiplexer, AreNotTakenForAnotherDiskOfTheHost) {
  switched.on_turn = [this](CardSide) { (void)tree.disk("sdc", "1-5.1", "8:32", card_size); };
  const auto put = medium().put(image, Until());
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().cause(), Cause::timeout);
  EXPECT_THAT(put.error().text(), AllOf(HasSubstr("no disk at usb 1-4 within 15 s"), HasSubstr("nothing was written")));
  EXPECT_THAT(opened, IsEmpty());
  EXPECT_EQ(switched.side, CardSide::dut);
}

TEST_F(CardsBehindAMultiplexer, StayWhereTheyAreForAnImageThatDoesNotFit) {
  const auto large = folder.write("large.img", std::string(card_size + 1, 'l'));
  for (const auto& file : {std::filesystem::path(large), packed_xz(large)}) {
    const auto put = medium().put(file, Until());
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().cause(), Cause::mistake);
    EXPECT_THAT(put.error().text(), HasSubstr("has room for 2097152"));
    EXPECT_THAT(switched.history, IsEmpty());
  }
}

TEST_F(CardsBehindAMultiplexer, ThatArePulledInTheMiddleAreUndefinedAndKeptFromTheDut) {
  card.pulled_at = 5;
  const auto put = medium().put(image, Until());
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().cause(), Cause::lost);
  EXPECT_THAT(put.error().text(),
              AllOf(HasSubstr("what is on card now is undefined"), HasSubstr("the card stays with the host")));
  EXPECT_EQ(switched.side, CardSide::host);
}

TEST_F(CardsBehindAMultiplexer, AreKeptFromTheDutWhenSomebodyStopsInTheMiddleUntilTheyAreWrittenAnew) {
  std::stop_source stop;
  card.on_write = [&] { stop.request_stop(); };
  (void)folder.write("card.img", std::string(card_size, 'i'));
  const auto put = medium().put(image, Until(Instant::max(), stop.get_token()));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().cause(), Cause::stopped);
  EXPECT_THAT(switched.history, ElementsAre(CardSide::host));
  card.on_write = {};
  const auto other = medium().verify(image, {}, Until());
  ASSERT_TRUE(other) << other.error().text();
  EXPECT_EQ(other->differs_at, card_size / 2) << "what was to be written is not there";
  EXPECT_EQ(switched.side, CardSide::host);
  disk_size = card_size + 512;
  EXPECT_EQ(medium().put(image, Until()).error().cause(), Cause::refused);
  EXPECT_EQ(switched.side, CardSide::host) << "nothing was written, so it is as torn as it was";
  disk_size = card_size;
  ASSERT_TRUE(medium().put(image, Until()));
  EXPECT_EQ(switched.side, CardSide::dut);
}

TEST_F(CardsBehindAMultiplexer, GoBackWhenSomebodyStopsBeforeAnythingWasWritten) {
  std::stop_source stop;
  stop.request_stop();
  const auto put = medium().put(image, Until(Instant::max(), stop.get_token()));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().cause(), Cause::stopped);
  EXPECT_THAT(switched.history, ElementsAre(CardSide::host, CardSide::dut));
}

TEST_F(CardsBehindAMultiplexer, ThatCannotGoBackSaySo) {
  switched.no_way_back = Fault(Cause::lost, "", "the multiplexer is gone");
  const auto put = medium().put(image, Until());
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().cause(), Cause::lost);
  EXPECT_THAT(put.error().text(), HasSubstr("the card is done, but does not go to the DUT"));
}

TEST_F(CardsBehindAMultiplexer, AreOneHoldersAtATime) {
  const auto other = LockFile::acquire(lock_folder().value() / card_lock("test", "a/b"), "somebody else");
  ASSERT_TRUE(other) << other.error().text();
  const auto put = medium().put(image, Until());
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().cause(), Cause::busy);
  EXPECT_THAT(switched.history, IsEmpty());
}

}  // namespace
}  // namespace coldboot
