#include "drivers/rte/gpio.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coldboot {
namespace {

using testing::HasSubstr;

TEST(RteGpio, IsAskedForByItsNumber) {
  EXPECT_EQ(rte_path(0), "/api/v1/gpio/0");
  EXPECT_EQ(rte_path(19), "/api/v1/gpio/19");
}

TEST(RteGpio, IsChangedWithItsStateAlwaysSaid) {
  EXPECT_EQ(rte_body({.state = 0}), R"({"state":0})");
  EXPECT_EQ(rte_body({.state = 1, .seconds = 6}), R"({"state":1,"time":6})");
  EXPECT_EQ(rte_body({.state = 1, .seconds = 6, .as_output = true}), R"({"state":1,"direction":"out","time":6})");
}

TEST(RteGpio, IsReadFromAnAnswer) {
  const auto gpio = read_rte_gpio(R"({"id":8,"state":1,"description":"apu_rst","direction":"out"})", 8);
  ASSERT_TRUE(gpio) << gpio.error().text();
  EXPECT_EQ(*gpio, (RteGpio{.id = 8, .state = 1, .description = "apu_rst", .is_output = true}));
  EXPECT_FALSE(read_rte_gpio(R"({"id":13,"state":0,"direction":"in"})", 13)->is_output);
}

TEST(RteGpio, PassesOnWhatRteCtrlCallsAnError) {
  const auto refused = read_rte_gpio(R"({"error":"can't read GPIO states"})", 40);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause(), Cause::refused);
  EXPECT_THAT(refused.error().what(), HasSubstr("can't read GPIO states"));
  EXPECT_EQ(read_rte_gpio(R"({"error":17})", 40).error().cause(), Cause::refused);
  EXPECT_EQ(read_rte_gpio("{\"error\":\"\xff\"}", 40).error().cause(), Cause::protocol);
}

TEST(RteGpio, IsNothingElse) {
  for (const char* body :
       {"", "{", "null", "[]", "1", R"("x")", "{}", "<html>", R"([{"id":8,"state":1,"direction":"out"}])",
        R"({"id":9,"state":1,"direction":"out"})", R"({"id":8,"state":"1","direction":"out"})",
        R"({"id":8,"state":2,"direction":"out"})", R"({"id":8,"state":-1,"direction":"out"})",
        R"({"id":8,"state":1,"direction":1})", R"({"id":4294967304,"state":1,"direction":"out"})"}) {
    const auto read = read_rte_gpio(body, 8);
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().cause(), Cause::protocol) << body;
  }
}

}  // namespace
}  // namespace coldboot
