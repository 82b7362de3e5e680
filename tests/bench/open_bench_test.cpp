#include <deque>
#include <memory>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/bench/bench.hpp"
#include "tests/console/emulated_console.hpp"
#include "tests/no_keys.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Two relay boards, "a" and "b", of one channel more than asked for so far.
class ShelfOfRelays {
 public:
  static Catalog catalog() {
    boards().clear();
    return {.power = {{"outlet", keys::table(board_type()), &open_outlet}},
            .consoles = {{"line", no_keys(), &open_line}},
            .media = {},
            .relays = {{"board", keys::table(board_type()), &open_board}},
            .flashers = {{"absent", no_keys(), &open_absent_flasher}}};
  }

  /// The boards opened so far and which contacts of each are closed.
  static std::deque<std::map<int, bool>>& boards() {
    static std::deque<std::map<int, bool>> opened;
    return opened;
  }

 private:
  struct BoardKeys {
    std::string id;
  };

  class Board final : public Relay {
   public:
    explicit Board(std::map<int, bool>& contacts) : contacts_(contacts) {}
    Result<void> set(int channel, Contact wanted, const Until&) override {
      contacts_[channel] = wanted == Contact::closed;
      return {};
    }
    Result<std::optional<Contact>> read(int channel, const Until&) override {
      return std::optional(contacts_[channel] ? Contact::closed : Contact::open);
    }
    [[nodiscard]] std::string description() const override { return "board"; }

   private:
    std::map<int, bool>& contacts_;
  };

  class Outlet final : public PowerSwitch {
   public:
    Result<PowerSwitched> set(Power wanted, const Until&) override { return PowerSwitched{.wanted = wanted}; }
    Result<std::optional<Power>> state(const Until&) override { return std::optional<Power>(); }
  };

  static keys::Type<BoardKeys> board_type() {
    return keys::object<BoardKeys>("board", "A board.").required("id", &BoardKeys::id, keys::text("a"), "Which.");
  }
  static Result<std::unique_ptr<Relay>> open_board(const DeviceEntry& entry, const std::string&, OpenContext& context) {
    if (entry.keys.at("id") == "gone") return Fault(Cause::missing, context.where, "no such board");
    return std::unique_ptr<Relay>(std::make_unique<Board>(boards().emplace_back()));
  }
  static Result<std::unique_ptr<PowerSwitch>> open_outlet(const DeviceEntry&, const std::string&, OpenContext&) {
    return std::unique_ptr<PowerSwitch>(std::make_unique<Outlet>());
  }
  static Result<std::unique_ptr<Flasher>> open_absent_flasher(const DeviceEntry&, const std::string&,
                                                              OpenContext& context) {
    return Fault(Cause::missing, context.where,
                 "no programmer for a chip of " + std::to_string(context.size_bytes.value_or(0)));
  }
  static Result<std::unique_ptr<ByteStream>> open_line(const DeviceEntry&, const std::string&, OpenContext&) {
    return std::unique_ptr<ByteStream>(std::make_unique<EmulatedConsole>());
  }
};

Result<std::unique_ptr<Bench>> open_bench(const std::string& power, const Catalog& catalog,
                                          const std::string& more = "") {
  const auto file = read_bench("coldboot: bench/1\nname: opened-" + std::to_string(::getpid()) + "\npower: " + power +
                                   "\nconsoles: {c: {driver: line}}\n" + more,
                               "bench.yaml", catalog.tables());
  for (const Fault& fault : file.mistakes) ADD_FAILURE() << fault.text();
  return Bench::open(file.value.value_or(BenchFile{}), catalog);
}

const Until no_hurry{Instant::max()};

TEST(OpenBench, SwitchesPowerOverARelay) {
  const auto bench = open_bench("{driver: board, id: a, channel: 3, settle: 0 s}", ShelfOfRelays::catalog());
  ASSERT_TRUE(bench) << bench.error().text();
  const auto switched = (*bench)->power().set(Power::on, no_hurry);
  ASSERT_TRUE(switched) << switched.error().text();
  EXPECT_EQ(switched->read_back, Power::on);
  EXPECT_EQ(ShelfOfRelays::boards().at(0), (std::map<int, bool>{{3, true}}));
}

TEST(OpenBench, PressesTheButtonWithTheSameBoardWhereItIsTheSame) {
  const auto bench = open_bench(
      "{driver: board, id: a, settle: 0 s, button: {driver: board, id: a, channel: 2, after: 0 s, press: 1 ms}}",
      ShelfOfRelays::catalog());
  ASSERT_TRUE(bench) << bench.error().text();
  ASSERT_TRUE((*bench)->power().set(Power::on, no_hurry));
  ASSERT_EQ(ShelfOfRelays::boards().size(), 1U);
  EXPECT_EQ(ShelfOfRelays::boards().at(0), (std::map<int, bool>{{1, true}, {2, false}}));
}

TEST(OpenBench, PressesTheButtonWithAnotherBoardBesideAnOutlet) {
  const auto bench =
      open_bench("{driver: outlet, id: a, button: {driver: board, id: b, channel: 2, after: 0 s, press: 1 ms}}",
                 ShelfOfRelays::catalog());
  ASSERT_TRUE(bench) << bench.error().text();
  ASSERT_TRUE((*bench)->power().set(Power::on, no_hurry));
  EXPECT_EQ(ShelfOfRelays::boards().at(0), (std::map<int, bool>{{2, false}}));
}

TEST(OpenBench, NeedsNoProgrammerUntilItsChipIsAskedFor) {
  const Catalog catalog = ShelfOfRelays::catalog();
  const auto bench = open_bench("{driver: outlet, id: a}", catalog, "flash: {driver: absent, size: 8 KiB}\n");
  ASSERT_TRUE(bench) << bench.error().text();
  const auto chip = (*bench)->chip();
  ASSERT_FALSE(chip);
  EXPECT_EQ(chip.error().cause(), Cause::missing);
  EXPECT_THAT(chip.error().text(), HasSubstr("/flash: no programmer for a chip of 8192"));
}

TEST(OpenBench, SaysThatItHasNoFlash) {
  const Catalog catalog = ShelfOfRelays::catalog();
  const auto bench = open_bench("{driver: outlet, id: a}", catalog);
  ASSERT_TRUE(bench) << bench.error().text();
  const auto chip = (*bench)->chip();
  ASSERT_FALSE(chip);
  EXPECT_EQ(chip.error().cause(), Cause::mistake);
}

TEST(OpenBench, SaysWhichRelayIsNotThere) {
  const auto power = open_bench("{driver: board, id: gone}", ShelfOfRelays::catalog());
  ASSERT_FALSE(power);
  EXPECT_EQ(power.error().cause(), Cause::missing);
  EXPECT_THAT(power.error().where(), HasSubstr("/power"));
  const auto button = open_bench("{driver: board, id: a, button: {driver: board, id: gone}}", ShelfOfRelays::catalog());
  ASSERT_FALSE(button);
  EXPECT_THAT(button.error().where(), HasSubstr("/button"));
}

}  // namespace
}  // namespace coldboot
