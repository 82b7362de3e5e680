#include "drivers/command/command_relay.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/command/command_driver.hpp"
#include "tests/soon.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
namespace fs = std::filesystem;
using Keys = std::map<std::string, std::string>;

class CommandRelayTest : public testing::Test {
 protected:
  [[nodiscard]] std::string call(const std::string& verb) const {
    return fmt::format("'{}/tests/drivers/command/relay_board' '{}' {} {{channel}}", COLDBOOT_SOURCE_DIR,
                       folder.path().string(), verb);
  }
  [[nodiscard]] bool is_closed(int channel) const { return fs::exists(folder.path() / std::to_string(channel)); }
  void put_trouble(const std::string& trouble) const { put_text(folder.path() / "trouble", trouble); }

  Result<std::unique_ptr<Relay>> try_open(const Keys& more) {
    DeviceEntry entry{.driver = "command", .keys = more, .place = {folder.path() / "bench.yaml", 4, 1}};
    entry.keys.emplace("closed", call("on"));
    entry.keys.emplace("open", call("off"));
    OpenContext context{.clock = clock,
                        .virtual_clock = nullptr,
                        .parts = parts,
                        .bench = "bench",
                        .where = "bench/power",
                        .line = std::nullopt,
                        .tell = {}};
    return open_command_relay(entry, "power", context);
  }

  std::unique_ptr<Relay> open(const Keys& more) {
    auto relay = try_open(more);
    if (relay) return std::move(*relay);
    ADD_FAILURE() << relay.error().text();
    return nullptr;
  }

  std::unique_ptr<Relay> open_by_output() {
    return open({{"state", call("get")},
                 {"closed-output", "channel {channel}: on"},
                 {"open-output", "channel {channel}: off"}});
  }

  TemporaryFolder folder;
  SteadyClock clock;
  SharedParts parts;
};

TEST_F(CommandRelayTest, SwitchesAndReadsByOutput) {
  const auto relay = open_by_output();
  for (const int channel : {1, 7}) {
    EXPECT_EQ(relay->read(channel, soon()).value(), Contact::open);
    ASSERT_TRUE(relay->set(channel, Contact::closed, soon()));
    EXPECT_TRUE(is_closed(channel));
    EXPECT_EQ(relay->read(channel, soon()).value(), Contact::closed);
    ASSERT_TRUE(relay->set(channel, Contact::open, soon()));
    EXPECT_FALSE(is_closed(channel));
  }
}

TEST_F(CommandRelayTest, ReadsByExitStatus) {
  const auto relay = open({{"state", call("status")}});
  EXPECT_EQ(relay->read(2, soon()).value(), Contact::open);
  ASSERT_TRUE(relay->set(2, Contact::closed, soon()));
  EXPECT_EQ(relay->read(2, soon()).value(), Contact::closed);
  put_trouble("broken");
  const auto broken = relay->read(2, soon());
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().cause(), Cause::io);
}

TEST_F(CommandRelayTest, HasNoStateWithoutACommandForIt) {
  EXPECT_EQ(open({})->read(1, soon()).value(), std::nullopt);
}

TEST_F(CommandRelayTest, PassesOnWhatAFailedCommandSaid) {
  const auto relay = open_by_output();
  put_trouble("broken");
  const auto failed = relay->set(1, Contact::closed, soon());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().cause(), Cause::io);
  EXPECT_EQ(failed.error().where(), "bench/power");
  EXPECT_THAT(failed.error().what(), HasSubstr("status 3"));
  EXPECT_THAT(failed.error().what(), HasSubstr("no board found"));
  EXPECT_EQ(relay->read(1, soon()).error().cause(), Cause::io);
}

TEST_F(CommandRelayTest, LeavesItToReadingBackToFindABoardThatDidNothing) {
  const auto relay = open({{"state", call("status")}, {"closed-status", "0"}, {"open-status", "1"}});
  put_trouble("deaf");
  EXPECT_TRUE(relay->set(1, Contact::closed, soon()));
  put_trouble("");
  EXPECT_EQ(relay->read(1, soon()).value(), Contact::open);
}

TEST_F(CommandRelayTest, DoesNotGuessFromWordsThatMeanBoth) {
  const auto relay = open({{"state", call("get")}, {"closed-output", "on"}, {"open-output", "off"}});
  put_trouble("vague");
  EXPECT_EQ(relay->read(1, soon()).error().cause(), Cause::protocol);
  put_trouble("deaf");
  EXPECT_EQ(relay->read(1, soon()).error().cause(), Cause::protocol) << "nor from none";
}

TEST_F(CommandRelayTest, EndsACommandThatDoesNotEnd) {
  const auto relay = open({{"limit", "30 ms"}});
  put_trouble("silent");
  const auto late = relay->set(1, Contact::closed, soon());
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().cause(), Cause::timeout);
  EXPECT_EQ(late.error().where(), "bench/power");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(relay->set(1, Contact::closed, Until(Instant::max(), stop.get_token())).error().cause(), Cause::stopped);
}

TEST_F(CommandRelayTest, SaysWhenItsProgramIsNotThere) {
  const auto relay = open({{"closed", "no-such-program {channel}"}});
  const auto missing = relay->set(1, Contact::closed, soon());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().cause(), Cause::missing);
  EXPECT_THAT(missing.error().text(), HasSubstr("no-such-program"));
}

TEST_F(CommandRelayTest, RunsInTheFolderOfItsBenchFile) {
  const auto relay = open({{"closed", "touch closed-{index}"}});
  ASSERT_TRUE(relay->set(3, Contact::closed, soon()));
  EXPECT_TRUE(fs::exists(folder.path() / "closed-2"));
}

TEST_F(CommandRelayTest, IsNotOpenedWithKeysThatDoNotFitTogether) {
  for (const Keys& keys :
       {Keys{{"closed", "echo 'a"}}, Keys{{"closed", call("off")}}, Keys{{"closed-output", "on"}},
        Keys{{"state", "x"}, {"closed-output", "on"}}, Keys{{"state", "x"}, {"open-status", "0"}},
        Keys{{"closed-output", "on"}, {"open-output", "off"}},
        Keys{{"state", "x"}, {"closed-output", "on"}, {"open-output", "off"}, {"open-status", "1"}}}) {
    const auto refused = try_open(keys);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().cause(), Cause::mistake) << refused.error().text();
  }
}

}  // namespace
}  // namespace coldboot
