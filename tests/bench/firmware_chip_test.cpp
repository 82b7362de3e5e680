#include "harness/bench/firmware_chip.hpp"

#include <cstdlib>
#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bench/scripted_power.hpp"
#include "tests/bench/scripted_relay.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A programmer that has nothing to do here.
class IdleFlasher final : public Flasher {
 public:
  explicit IdleFlasher(bool from_inside) : from_inside_(from_inside) {}
  Result<FlashChip> probe(const FlashRequest&, const Until&) override { return nothing(); }
  Result<FlashReport> read(const std::filesystem::path&, const FlashRequest&, const Until&) override {
    return nothing();
  }
  Result<FlashReport> write(const std::filesystem::path&, const FlashRequest&, const Until&) override {
    return nothing();
  }
  Result<FlashReport> verify(const std::filesystem::path&, const FlashRequest&, const Until&) override {
    return nothing();
  }
  Result<FlashReport> erase(const FlashRequest&, const Until&) override { return nothing(); }
  [[nodiscard]] bool from_inside() const override { return from_inside_; }
  [[nodiscard]] std::string description() const override { return "idle programmer"; }

 private:
  static Fault nothing() { return Fault(Cause::refused, "", "nothing to do"); }
  bool from_inside_;
};

/// A chip whose supply is on channel 2 and whose bus on channel 3, on a bench of its own.
class ChipInReach : public testing::Test {
 protected:
  void SetUp() override {
    const char* const others = ::getenv("COLDBOOT_LOCKS");
    locks_of_others = others == nullptr ? "" : others;
    ::setenv("COLDBOOT_LOCKS", (folder.path() / "locks").c_str(), 1);
    relay.journal = &journal;
    auto taken = Lease::take("in-reach", {.what = "a test"});
    ASSERT_TRUE(taken) << taken.error().text();
    lease.emplace(std::move(*taken));
    open();
  }
  void TearDown() override {
    if (locks_of_others.empty()) ::unsetenv("COLDBOOT_LOCKS");
    if (!locks_of_others.empty()) ::setenv("COLDBOOT_LOCKS", locks_of_others.c_str(), 1);
  }
  void open(bool from_inside = false) {
    FirmwareChip::Parts parts{.entry = entry,
                              .flasher = std::make_unique<IdleFlasher>(from_inside),
                              .lines = {{"spi", {&relay, 3}}, {"vcc", {&relay, 2}}},
                              .s5_button = Channel{&relay, 4},
                              .clear_cmos = Channel{&relay, 5}};
    chip = std::make_unique<FirmwareChip>(std::move(parts), interlock, &*lease, clock, "in-reach/flash");
  }
  [[nodiscard]] Until in_time() const { return Until(clock.now() + 60s); }
  bool switches(Power wanted) { return interlock.set(wanted, in_time()).has_value(); }
  /// As the next one to open this bench would find it.
  static BenchState noted() {
    const auto view = look_at_lock(bench_lock("in-reach").value());
    return view ? bench_state(*view) : BenchState{};
  }

  TemporaryFolder folder;
  std::string locks_of_others;
  VirtualClock clock{Instant(0s)};
  std::vector<std::string> journal;
  ScriptedRelay relay{clock};
  ScriptedSupply supply;
  FlashEntry entry{.connect = {{"vcc", true, {}}, {"spi", true, {}}},
                   .disconnect = {{"spi", false, {}}, {"vcc", false, {}}}};
  ChipInterlock interlock{std::make_unique<ScriptedPower>(supply, clock), "in-reach/power", clock,
                          [](const EventBody&) {}};
  std::optional<Lease> lease;
  std::unique_ptr<FirmwareChip> chip;
};

TEST_F(ChipInReach, IsConnectedAndPartedWithPowerKeptAway) {
  ASSERT_TRUE(switches(Power::off));
  auto connected = chip->connect(in_time());
  ASSERT_TRUE(connected) << connected.error().text();
  EXPECT_EQ(relay.contact(2), Contact::closed);
  EXPECT_EQ(relay.contact(3), Contact::closed);
  EXPECT_TRUE(noted().chip_is_held) << "should we crash now";
  EXPECT_FALSE(noted().left_safe);
  EXPECT_FALSE(switches(Power::on));
  ASSERT_TRUE(connected->part());
  EXPECT_EQ(relay.contact(2), Contact::open);
  EXPECT_EQ(relay.contact(3), Contact::open);
  EXPECT_FALSE(noted().chip_is_held);
  EXPECT_TRUE(connected->part()) << "which is over";
  EXPECT_TRUE(switches(Power::on));
}

TEST_F(ChipInReach, IsPartedWhereNobodySaysSo) {
  ASSERT_TRUE(switches(Power::off));
  {
    ASSERT_TRUE(chip->connect(in_time()));
  }
  EXPECT_EQ(relay.contact(2), Contact::open);
  EXPECT_FALSE(interlock.is_held());
  EXPECT_FALSE(noted().chip_is_held);
}

TEST_F(ChipInReach, IsNotConnectedWhilePowerMayBeOn) {
  const auto connected = chip->connect(in_time());
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().cause(), Cause::refused);
  EXPECT_THAT(journal, IsEmpty());
  EXPECT_FALSE(noted().chip_is_held);
}

TEST_F(ChipInReach, IsPartedAgainWhereALineDoesNotComeOn) {
  ASSERT_TRUE(switches(Power::off));
  relay.at_set = {ScriptedRelay::Trouble::none, ScriptedRelay::Trouble::deaf};
  const auto connected = chip->connect(in_time());
  ASSERT_FALSE(connected);
  EXPECT_THAT(connected.error().text(), HasSubstr("line spi"));
  EXPECT_EQ(relay.contact(2), Contact::open);
  EXPECT_FALSE(noted().chip_is_held);
  EXPECT_TRUE(switches(Power::on));
}

TEST_F(ChipInReach, KeepsPowerAwayForGoodWhereALineIsStuckOn) {
  ASSERT_TRUE(switches(Power::off));
  auto connected = chip->connect(in_time());
  ASSERT_TRUE(connected);
  relay.stuck = {3};
  const auto parted = connected->part();
  ASSERT_FALSE(parted);
  EXPECT_THAT(parted.error().text(), HasSubstr("not known to be off, so the DUT gets no power"));
  EXPECT_FALSE(switches(Power::on));
  EXPECT_TRUE(noted().chip_is_held);
  const auto again = chip->connect(in_time());
  ASSERT_FALSE(again);
  EXPECT_TRUE(noted().chip_is_held) << "who was refused has parted nothing";
  ASSERT_TRUE(switches(Power::off));
  lease->hand_back();
  EXPECT_FALSE(noted().left_safe);
  EXPECT_TRUE(noted().chip_is_held);
  relay.stuck.clear();
  ASSERT_TRUE(chip->part_for_the_dead()) << "somebody has seen to the board";
  EXPECT_FALSE(noted().chip_is_held);
  EXPECT_TRUE(switches(Power::on));
}

TEST_F(ChipInReach, IsReachedInS5WhereItsBenchSaysSo) {
  entry.s5 = S5Entry{.button = {}, .after = 1s, .press = 2s, .settle = 3s};
  ASSERT_TRUE(switches(Power::off));
  auto connected = chip->connect(in_time());
  ASSERT_TRUE(connected) << connected.error().text();
  EXPECT_EQ(supply.power, Power::on);
  EXPECT_THAT(journal, ElementsAre(HasSubstr("4 closed"), HasSubstr("4 open"), HasSubstr("2 closed at 6"),
                                   HasSubstr("3 closed")));
  EXPECT_TRUE(noted().chip_is_held);
  EXPECT_TRUE(connected->part());
}

TEST_F(ChipInReach, IsNotHeldWhereTheBoardDidNotGetIntoS5) {
  entry.s5 = S5Entry{.button = {}, .after = 1s, .press = 2s, .settle = 3s};
  ASSERT_TRUE(switches(Power::off));
  relay.at_set = {ScriptedRelay::Trouble::deaf};
  EXPECT_FALSE(chip->connect(in_time()));
  EXPECT_EQ(supply.power, Power::off);
  EXPECT_FALSE(noted().chip_is_held);
  EXPECT_EQ(relay.contact(2), Contact::open);
}

TEST_F(ChipInReach, NeedsNoHoldFromInsideTheDut) {
  open(true);
  ASSERT_TRUE(switches(Power::on));
  auto connected = chip->connect(in_time());
  ASSERT_TRUE(connected);
  EXPECT_THAT(journal, IsEmpty());
  EXPECT_FALSE(noted().chip_is_held);
  EXPECT_TRUE(connected->part());
}

TEST_F(ChipInReach, HasItsCmosClearedForAsLongAsTheBenchSays) {
  ASSERT_TRUE(chip->clear_cmos(in_time()));
  EXPECT_THAT(journal, IsEmpty()) << "the bench says nothing of it";
  entry.clear_cmos = PressEntry{.contact = {}, .press = 10s};
  ASSERT_TRUE(chip->clear_cmos(in_time()));
  EXPECT_THAT(journal, ElementsAre("5 closed at 1 ms", "5 open at 10003 ms"));
}

TEST_F(ChipInReach, HasAContentInDoubtUntilItIsSettledWhoeverHasTheBench) {
  ASSERT_TRUE(chip->is_in_doubt());
  ASSERT_TRUE(switches(Power::off));
  lease->hand_back();
  EXPECT_TRUE(noted().left_safe) << "it is off";
  chip.reset();
  lease.reset();
  auto next = Lease::take("in-reach", {.what = "the next one"});
  ASSERT_TRUE(next);
  EXPECT_TRUE(next->found().chip_is_in_doubt);
  EXPECT_TRUE(next->is_chip_in_doubt());
  next->chip_is_settled();
  EXPECT_FALSE(noted().chip_is_in_doubt);
}

TEST_F(ChipInReach, IsNotHandedBackSafeWhileItIsHeld) {
  ASSERT_TRUE(lease->chip_is_held());
  lease->power_is(Power::off);
  lease->hand_back();
  EXPECT_FALSE(noted().left_safe);
  lease->hand_back(true);
  EXPECT_FALSE(noted().left_safe) << "nobody leaves driven lines on purpose";
  EXPECT_EQ(noted().unsafe_by, "a test");
  chip.reset();
  lease.reset();
  auto next = Lease::take("in-reach", {.what = "the next one"});
  ASSERT_TRUE(next);
  EXPECT_TRUE(next->found().chip_is_held);
  EXPECT_FALSE(next->found().left_safe);
  next->chip_is_parted();
  next->power_is(Power::off);
  next->hand_back();
  EXPECT_TRUE(noted().left_safe);
}

}  // namespace
}  // namespace coldboot
