#include "drivers/gude/gude.hpp"

#include <gtest/gtest.h>

namespace coldboot {
namespace {

TEST(Gude, IsToldOnePort) {
  EXPECT_EQ(gude_path(3, Contact::closed), "/status.json?components=0&cmd=1&p=3&s=1");
  EXPECT_EQ(gude_path(1, Contact::open), "/status.json?components=0&cmd=1&p=1&s=0");
}

TEST(Gude, IsReadByThePortsPlace) {
  const char* answer = R"({"outputs":[{"name":"A","state":0},{"name":"B","state":1}]})";
  EXPECT_EQ(read_gude(answer, 1).value(), Contact::open);
  EXPECT_EQ(read_gude(answer, 2).value(), Contact::closed);
  EXPECT_EQ(read_gude(answer, 3).error().cause(), Cause::refused);
}

TEST(Gude, IsReadFromNothingElse) {
  for (const char* answer : {"", "[]", "{}", R"({"outputs":1})", R"({"outputs":[1]})", R"({"outputs":[{"state":3}]})"})
    EXPECT_EQ(read_gude(answer, 1).error().cause(), Cause::protocol) << answer;
}

}  // namespace
}  // namespace coldboot
