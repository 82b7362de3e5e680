#include "drivers/shelly/shelly.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/shelly/shelly_relay.hpp"
#include "tests/drivers/shelly/shelly_emulator.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

Until shelly_patience() {
  return Until(std::chrono::steady_clock::now() + 30s);
}

std::unique_ptr<Relay> shelly_at(const OutletServer& server, const std::string& mac) {
  const WebKeys keys{.url = server.url()};
  return std::make_unique<ShellyRelay>(WebDevice::open(keys, std::nullopt, {}, "bench/power").value(), keys, Place{},
                                       mac);
}

TEST(Shelly, SaysWhatItIs) {
  const auto first = read_shelly(R"({"type":"SHPLG-S","mac":"A4CF12F45B6D","auth":false})");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->generation, 1);
  const auto third = read_shelly(R"({"id":"shelly1g3-a4cf12f45b6d","mac":"A4CF12F45B6D","gen":3})");
  ASSERT_TRUE(third);
  EXPECT_EQ(third->generation, 2) << "speaks the language of the second";
  for (const char* answer : {"", "{}", R"({"gen":2})", R"({"mac":"A4CF12F45B6D"})", R"({"mac":"x","gen":2})",
                             R"({"mac":"A4CF12F45B6D","gen":0})", "<html>"})
    EXPECT_EQ(read_shelly(answer).error().cause(), Cause::protocol) << answer;
}

TEST(Shelly, IsKnownByItsMacHoweverThatIsWritten) {
  EXPECT_EQ(plain_mac("a4:cf:12:f4:5b:6d"), "A4CF12F45B6D");
  EXPECT_EQ(plain_mac("A4-CF-12-F4-5B-6D"), "A4CF12F45B6D");
  EXPECT_EQ(plain_mac("a4cf12f45b"), std::nullopt);
  EXPECT_EQ(plain_mac("a4cf12f45b6g"), std::nullopt);
}

TEST(Shelly, IsNotSwitchedWhenItIsAnotherOne) {
  for (const auto& dialect : {shelly1_dialect({.mac = "A4CF12F45B6D"}), shelly2_dialect({.mac = "A4CF12F45B6D"})}) {
    OutletServer server(dialect);
    const auto refused = shelly_at(server, "0123456789AB")->set(1, Contact::closed, shelly_patience());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().cause(), Cause::refused);
    EXPECT_THAT(refused.error().text(), HasSubstr("A4CF12F45B6D"));
    EXPECT_FALSE(server.is_closed(1));
    EXPECT_TRUE(shelly_at(server, "A4CF12F45B6D")->set(1, Contact::closed, shelly_patience()));
  }
}

TEST(Shelly, IsAskedWhatItIsAgainWhenItDidNotAnswer) {
  OutletServer server(shelly2_dialect());
  const auto relay = shelly_at(server, "");
  server.put_trouble(OutletServer::Trouble::hangs_up);
  EXPECT_EQ(relay->set(1, Contact::closed, shelly_patience()).error().cause(), Cause::lost);
  server.put_trouble(OutletServer::Trouble::none);
  EXPECT_TRUE(relay->set(1, Contact::closed, shelly_patience()));
  EXPECT_THAT(server.asked(), Contains("POST /rpc").Times(1));
}

TEST(Shelly, OfGeneration1AnswersWithItsState) {
  EXPECT_EQ(read_shelly_relay(R"({"ison":true,"has_timer":false})", 1).value(), Contact::closed);
  EXPECT_EQ(read_shelly_relay(R"({"ison":false})", 1).value(), Contact::open);
  for (const char* answer : {"", "[true]", R"({"ison":1})", "Bad state!"})
    EXPECT_EQ(read_shelly_relay(answer, 1).error().cause(), Cause::protocol) << answer;
}

TEST(Shelly, OfGeneration2AnswersAChangeWithWhatWasBefore) {
  EXPECT_EQ(shelly_change(1, Contact::closed), R"({"id":1,"method":"Switch.Set","params":{"id":0,"on":true}})");
  EXPECT_TRUE(read_shelly_change(R"({"id":1,"src":"s","result":{"was_on":false}})"));
  for (const char* answer :
       {"", R"({"id":2,"result":{"was_on":false}})", R"({"id":1,"result":{}})", R"({"id":1,"result":true})"})
    EXPECT_EQ(read_shelly_change(answer).error().cause(), Cause::protocol) << answer;
}

TEST(Shelly, OfGeneration2SaysWhyItRefuses) {
  const auto refused = read_shelly_status(R"({"id":2,"error":{"code":-105,"message":"Argument 'id' not found!"}})", 3);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause(), Cause::refused);
  EXPECT_THAT(refused.error().what(), HasSubstr("Argument 'id' not found!"));
}

TEST(Shelly, OfGeneration2IsBelievedAboutTheSwitchThatWasAskedFor) {
  EXPECT_EQ(shelly_question(2), R"({"id":2,"method":"Switch.GetStatus","params":{"id":1}})");
  EXPECT_EQ(read_shelly_status(R"({"id":2,"result":{"id":1,"output":true}})", 2).value(), Contact::closed);
  EXPECT_EQ(read_shelly_status(R"({"id":2,"result":{"id":0,"output":true}})", 2).error().cause(), Cause::protocol);
  EXPECT_EQ(read_shelly_status(R"({"id":2,"result":{"id":1}})", 2).error().cause(), Cause::protocol);
}

}  // namespace
}  // namespace coldboot
