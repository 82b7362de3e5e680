#include "harness/io/secret.hpp"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Secret, IsTheFirstLineOfAFileBesideTheOneThatNamesIt) {
  const TemporaryFolder folder;
  (void)folder.write("outlet", "hunter2\nwhat it is for\n");
  EXPECT_EQ(read_secret("file:outlet", folder.path(), "bench/power").value(), "hunter2");
  EXPECT_EQ(read_secret("file:" + (folder.path() / "outlet").string(), "/", "bench/power").value(), "hunter2");
}

TEST(Secret, IsAnEnvironmentVariable) {
  ::setenv("COLDBOOT_TEST_SECRET", "hunter2", 1);
  EXPECT_EQ(read_secret("env:COLDBOOT_TEST_SECRET", "", "bench/power").value(), "hunter2");
  ::unsetenv("COLDBOOT_TEST_SECRET");
  const auto missing = read_secret("env:COLDBOOT_TEST_SECRET", "", "bench/power");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().cause(), Cause::missing);
  EXPECT_EQ(missing.error().where(), "bench/power");
}

TEST(Secret, IsWhatAProgramSaysFirst) {
  const TemporaryFolder folder;
  (void)folder.write("vault", "hunter2\nuser: lab\n");
  EXPECT_EQ(read_secret("command:cat vault", folder.path(), "bench/power").value(), "hunter2");
  EXPECT_EQ(read_secret("command:no-such-program", folder.path(), "bench/power").error().cause(), Cause::missing);
  const auto failed = read_secret("command:sh -c 'cat vault; exit 3'", folder.path(), "bench/power");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().cause(), Cause::refused);
  EXPECT_THAT(failed.error().text(), AllOf(HasSubstr("status 3"), Not(HasSubstr("hunter2"))));
}

TEST(Secret, IsMissedWhereThereIsNone) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_secret("file:none", folder.path(), "bench/power").error().cause(), Cause::missing);
  (void)folder.write("empty", "\nhunter2\n");
  EXPECT_EQ(read_secret("file:empty", folder.path(), "bench/power").error().cause(), Cause::mistake);
}

TEST(Secret, DoesNotStandInAFileOfOurs) {
  for (const char* text : {"hunter2", "file:", "env:", "command:", ""}) {
    const auto refused = check_secret_reference(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_THAT(refused.error().text(), Not(HasSubstr("hunter2")));
  }
}

}  // namespace
}  // namespace coldboot
