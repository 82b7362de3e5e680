#include "drivers/dli/dli.hpp"

#include <gtest/gtest.h>

namespace coldboot {
namespace {

TEST(Dli, CountsItsOutletsFromNothing) {
  EXPECT_EQ(dli_path(1), "/restapi/relay/outlets/0/state/");
  EXPECT_EQ(dli_path(8), "/restapi/relay/outlets/7/state/");
}

TEST(Dli, AnswersWithOneWord) {
  EXPECT_EQ(read_dli("true", 1).value(), Contact::closed);
  EXPECT_EQ(read_dli("false\r\n", 1).value(), Contact::open);
  for (const char* answer : {"", "1", "[true]", "\"true\"", "True", "null"})
    EXPECT_EQ(read_dli(answer, 1).error().cause(), Cause::protocol) << answer;
}

}  // namespace
}  // namespace coldboot
