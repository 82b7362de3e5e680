#include "harness/io/command_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coldboot {
namespace {

using testing::ElementsAre;

TEST(CommandWords, EndAtBlanks) {
  EXPECT_THAT(*command_words("uhubctl -l 1-1\t-p {channel} "), ElementsAre("uhubctl", "-l", "1-1", "-p", "{channel}"));
}

TEST(CommandWords, KeepBlanksBetweenQuotes) {
  EXPECT_THAT(*command_words(R"(sh -c 'echo "$1"' "it's me" a' 'b '' "")"),
              ElementsAre("sh", "-c", "echo \"$1\"", "it's me", "a b", "", ""));
}

TEST(CommandWords, MeanNothingElse) {
  EXPECT_THAT(*command_words(R"(echo $HOME ~ a\ b > x | y)"),
              ElementsAre("echo", "$HOME", "~", "a\\", "b", ">", "x", "|", "y"));
}

TEST(CommandWords, BeginWithAProgram) {
  for (const char* line : {"", "  ", "''", "echo 'a", "\"", "echo a\"b"})
    EXPECT_EQ(command_words(line).error().cause(), Cause::mistake) << line;
}

}  // namespace
}  // namespace coldboot
