#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/dli/dli_driver.hpp"
#include "drivers/gude/gude_driver.hpp"
#include "drivers/http/http_driver.hpp"
#include "drivers/netio/netio_driver.hpp"
#include "drivers/shelly/shelly_driver.hpp"
#include "drivers/tasmota/tasmota_driver.hpp"
#include "tests/drivers/dli/dli_emulator.hpp"
#include "tests/drivers/gude/gude_emulator.hpp"
#include "tests/drivers/http/esphome_emulator.hpp"
#include "tests/drivers/netio/netio_emulator.hpp"
#include "tests/drivers/shelly/shelly_emulator.hpp"
#include "tests/drivers/tasmota/tasmota_emulator.hpp"
#include "tests/soon.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using Trouble = OutletServer::Trouble;
using Keys = std::map<std::string, std::string>;

/// What all families of outlets must do, each with its own words.
struct Family {
  const char* name;
  Result<std::unique_ptr<Relay>> (*open)(const DeviceEntry&, const std::string&, OpenContext&);
  OutletServer::Dialect (*dialect)(const std::string& password);
  Keys keys{};
  bool answers_with_the_state = true;  ///< to a change
};

const Keys esphome_keys{{"closed", "/switch/relay_{index}/turn_on"},
                        {"open", "/switch/relay_{index}/turn_off"},
                        {"method", "POST"},
                        {"state", "/switch/relay_{index}"},
                        {"closed-answer", "\"value\":true"},
                        {"open-answer", "\"value\":false"}};

const std::vector<Family> families{
    {"tasmota", &open_tasmota, [](const std::string& p) { return tasmota_dialect({.password = p}); }},
    {"shelly1", &open_shelly, [](const std::string& p) { return shelly1_dialect({.password = p}); }},
    {"shelly2", &open_shelly, [](const std::string& p) { return shelly2_dialect({.password = p}); }, {}, false},
    {"netio", &open_netio, &netio_dialect},
    {"gude", &open_gude, &gude_dialect, {}, false},
    {"dli", &open_dli, &dli_dialect, {}, false},
    {"http", &open_http, &esphome_dialect, esphome_keys, false},
};

class Outlets : public testing::TestWithParam<Family> {
 protected:
  void SetUp() override {
    (void)folder.write("right", "hunter2\n");
    (void)folder.write("wrong", "12345\n");
  }

  /// The driver as a bench opens it.
  Result<std::unique_ptr<Relay>> try_open(const OutletServer& server, const Keys& more = {}) {
    DeviceEntry entry{.driver = GetParam().name, .keys = more, .place = {folder.path() / "bench.yaml", 4, 1}};
    entry.keys.emplace("url", server.url());
    entry.keys.insert(GetParam().keys.begin(), GetParam().keys.end());
    OpenContext context{.clock = clock,
                        .virtual_clock = nullptr,
                        .parts = parts,
                        .bench = "bench",
                        .where = "bench/power",
                        .line = std::nullopt,
                        .tell = {}};
    return GetParam().open(entry, "power", context);
  }

  std::unique_ptr<Relay> open(const OutletServer& server, const Keys& more = {}) {
    auto relay = try_open(server, more);
    if (relay) return std::move(*relay);
    ADD_FAILURE() << relay.error().text();
    return nullptr;
  }

  TemporaryFolder folder;
  SteadyClock clock;
  SharedParts parts;
};

TEST_P(Outlets, AreSwitchedAndReadOneByOne) {
  OutletServer server(GetParam().dialect(""));
  const auto relay = open(server);
  for (const int channel : {1, 2, 4}) {
    EXPECT_EQ(relay->read(channel, soon()).value(), Contact::open);
    const auto closed = relay->set(channel, Contact::closed, soon());
    ASSERT_TRUE(closed) << closed.error().text();
    for (int other = 1; other <= 4; ++other) EXPECT_EQ(server.is_closed(other), other == channel) << other;
    EXPECT_EQ(relay->read(channel, soon()).value(), Contact::closed);
    ASSERT_TRUE(relay->set(channel, Contact::closed, soon())) << "once more";
    EXPECT_TRUE(server.is_closed(channel));
    ASSERT_TRUE(relay->set(channel, Contact::open, soon()));
    EXPECT_EQ(relay->read(channel, soon()).value(), Contact::open);
  }
}

TEST_P(Outlets, SayWhichTheyAre) {
  const OutletServer server(GetParam().dialect(""));
  const auto relay = open(server);
  EXPECT_THAT(relay->description(), HasSubstr(server.url()));
}

TEST_P(Outlets, ShowWhatSomebodyElseSwitched) {
  OutletServer server(GetParam().dialect(""));
  const auto relay = open(server);
  ASSERT_TRUE(relay->set(2, Contact::closed, soon()));
  server.put(2, false);
  EXPECT_EQ(relay->read(2, soon()).value(), Contact::open);
}

TEST_P(Outlets, ThatAreNotThereAreRefused) {
  OutletServer server(GetParam().dialect(""));
  const auto relay = open(server);
  EXPECT_EQ(relay->read(5, soon()).error().cause(), Cause::refused);
  EXPECT_EQ(relay->set(0, Contact::closed, soon()).error().cause(), Cause::refused);
  (void)relay->set(5, Contact::closed, soon());
  for (int channel = 1; channel <= 4; ++channel) EXPECT_FALSE(server.is_closed(channel)) << channel;
}

TEST_P(Outlets, ThatStickAreFoundOut) {
  OutletServer server(GetParam().dialect(""));
  server.stick(1);
  const auto relay = open(server);
  const auto set = relay->set(1, Contact::closed, soon());
  EXPECT_EQ(set.has_value(), !GetParam().answers_with_the_state);
  EXPECT_EQ(set ? Cause::protocol : set.error().cause(), Cause::protocol);
  EXPECT_EQ(relay->read(1, soon()).value(), Contact::open);
}

TEST_P(Outlets, AreTakenFromAnAnswerInAnyForm) {
  OutletServer server(GetParam().dialect(""));
  const auto relay = open(server);
  for (const auto way : {ServedAnswer::Way::chunked, ServedAnswer::Way::until_end}) {
    server.put_way(way);
    const auto closed = relay->set(1, Contact::closed, soon());
    ASSERT_TRUE(closed) << closed.error().text();
    EXPECT_EQ(relay->read(1, soon()).value(), Contact::closed);
  }
}

TEST_P(Outlets, AreNotTakenFromTheAnswerOfSomethingElse) {
  OutletServer server(GetParam().dialect(""));
  const auto relay = open(server);
  for (const Trouble trouble : {Trouble::page, Trouble::nonsense}) {
    server.put_trouble(trouble);
    const auto read = relay->read(1, soon());
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().cause(), Cause::protocol);
    EXPECT_EQ(read.error().where(), "bench/power");
    EXPECT_THAT(read.error().text(), HasSubstr(server.url()));
  }
}

TEST_P(Outlets, SayWhoseFaultARefusalIs) {
  OutletServer server(GetParam().dialect(""));
  const auto relay = open(server);
  server.put_trouble(Trouble::not_allowed);
  EXPECT_EQ(relay->set(1, Contact::closed, soon()).error().cause(), Cause::refused);
  server.put_trouble(Trouble::overloaded);
  EXPECT_EQ(relay->set(1, Contact::closed, soon()).error().cause(), Cause::io);
}

TEST_P(Outlets, MayHaveSwitchedWhenTheConnectionEnds) {
  OutletServer server(GetParam().dialect(""));
  const auto relay = open(server);
  EXPECT_EQ(relay->read(1, soon()).value(), Contact::open);
  server.put_trouble(Trouble::hangs_up);
  EXPECT_EQ(relay->set(1, Contact::closed, soon()).error().cause(), Cause::lost);
  EXPECT_FALSE(server.is_closed(1));
  server.put_trouble(Trouble::hangs_up_after_acting);
  EXPECT_EQ(relay->set(1, Contact::closed, soon()).error().cause(), Cause::lost);
  server.put_trouble(Trouble::none);
  EXPECT_EQ(relay->read(1, soon()).value(), Contact::closed);
}

TEST_P(Outlets, AreWaitedForNoLongerThanAllowed) {
  OutletServer server(GetParam().dialect(""));
  const auto relay = open(server);
  server.put_trouble(Trouble::silent);
  const auto late = relay->set(1, Contact::closed, Until(std::chrono::steady_clock::now() + 20ms));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().cause(), Cause::timeout);
}

TEST_P(Outlets, AreLoggedInTo) {
  OutletServer server(GetParam().dialect("hunter2"));
  const auto relay = open(server, {{"password", "file:right"}});
  const auto closed = relay->set(1, Contact::closed, soon());
  ASSERT_TRUE(closed) << closed.error().text();
  EXPECT_TRUE(server.is_closed(1));
  EXPECT_EQ(relay->read(1, soon()).value(), Contact::closed);
}

TEST_P(Outlets, RefuseWhoCannotLogIn) {
  OutletServer server(GetParam().dialect("hunter2"));
  for (const Keys& keys :
       {Keys{}, Keys{{"password", "file:wrong"}}, Keys{{"user", "lab"}, {"password", "file:right"}}}) {
    const auto relay = open(server, keys);
    const auto refused = relay->set(1, Contact::closed, soon());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().cause(), Cause::refused);
    EXPECT_THAT(refused.error().hint(), HasSubstr("password"));
    EXPECT_THAT(refused.error().text(), Not(HasSubstr("hunter2")));
    EXPECT_THAT(refused.error().text(), Not(HasSubstr("12345")));
  }
  EXPECT_FALSE(server.is_closed(1));
}

TEST_P(Outlets, AreNotOpenedWithoutThePasswordTheyAreSaidToHave) {
  const OutletServer server(GetParam().dialect(""));
  const auto missing = try_open(server, {{"password", "file:none"}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().cause(), Cause::missing);
  EXPECT_TRUE(server.asked().empty());
}

INSTANTIATE_TEST_SUITE_P(Of, Outlets, testing::ValuesIn(families),
                         [](const auto& family) { return std::string(family.param.name); });

}  // namespace
}  // namespace coldboot
