#include "drivers/netio/netio.hpp"

#include <gtest/gtest.h>

namespace coldboot {
namespace {

TEST(Netio, IsToldOneOutput) {
  EXPECT_EQ(netio_body(3, Contact::closed), R"({"Outputs":[{"ID":3,"Action":1}]})");
  EXPECT_EQ(netio_body(1, Contact::open), R"({"Outputs":[{"ID":1,"Action":0}]})");
}

TEST(Netio, IsReadByTheOutputsId) {
  const char* answer = R"({"Outputs":[{"ID":2,"State":1},{"ID":1,"State":0}]})";
  EXPECT_EQ(read_netio(answer, 2).value(), Contact::closed);
  EXPECT_EQ(read_netio(answer, 1).value(), Contact::open);
  EXPECT_EQ(read_netio(answer, 3).error().cause(), Cause::refused);
}

TEST(Netio, IsReadFromNothingElse) {
  for (const char* answer : {"", "[]", "{}", R"({"Outputs":{}})", R"({"Outputs":[{"ID":1}]})",
                             R"({"Outputs":[{"ID":1,"State":2}]})", R"({"Outputs":[{"ID":1,"State":"1"}]})"})
    EXPECT_EQ(read_netio(answer, 1).error().cause(), Cause::protocol) << answer;
}

}  // namespace
}  // namespace coldboot
