#include "drivers/tasmota/tasmota.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coldboot {
namespace {

using testing::HasSubstr;

TEST(Tasmota, IsAskedInItsQuery) {
  EXPECT_EQ(tasmota_path(1, Contact::closed, "admin", ""), "/cm?cmnd=Power1%20On");
  EXPECT_EQ(tasmota_path(3, Contact::open, "admin", ""), "/cm?cmnd=Power3%20Off");
  EXPECT_EQ(tasmota_path(1, std::nullopt, "admin", "a&b"), "/cm?user=admin&password=a%26b&cmnd=Power1");
}

TEST(Tasmota, CallsItsOnlyRelayByEitherName) {
  EXPECT_EQ(read_tasmota(R"({"POWER":"ON"})", 1).value(), Contact::closed);
  EXPECT_EQ(read_tasmota(R"({"POWER1":"OFF"})", 1).value(), Contact::open);
  EXPECT_EQ(read_tasmota(R"({"POWER2":"ON"})", 2).value(), Contact::closed);
}

TEST(Tasmota, IsNotBelievedAboutAnotherRelay) {
  EXPECT_EQ(read_tasmota(R"({"POWER":"ON"})", 2).error().cause(), Cause::protocol);
  EXPECT_EQ(read_tasmota(R"({"POWER1":"ON"})", 2).error().cause(), Cause::protocol);
}

TEST(Tasmota, AsksForALoginWithAnyStatus) {
  const auto refused = read_tasmota(R"({"WARNING":"Need user=<username>&password=<password>"})", 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause(), Cause::refused);
  EXPECT_THAT(refused.error().hint(), HasSubstr("password"));
}

TEST(Tasmota, SaysWhatItHasNot) {
  EXPECT_EQ(read_tasmota(R"({"Command":"Unknown"})", 9).error().cause(), Cause::refused);
  EXPECT_EQ(read_tasmota(R"({"Command":"Error"})", 9).error().cause(), Cause::refused);
}

TEST(Tasmota, HasTwoWordsForItsState) {
  for (const char* answer : {"", "{}", "[]", "null", "{\"POWER1\":1}", "{\"POWER1\":\"Ein\"}", "{\"POWER1\":true}"})
    EXPECT_EQ(read_tasmota(answer, 1).error().cause(), Cause::protocol) << answer;
}

}  // namespace
}  // namespace coldboot
