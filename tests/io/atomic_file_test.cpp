#include "harness/io/atomic_file.hpp"

#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;

class AtomicFile : public ::testing::Test {
 protected:
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  TemporaryFolder own_;
  const fs::path& folder_ = own_.path();
};

TEST_F(AtomicFile, ReplacesTheWholeFileAndLeavesNothingBeside) {
  const fs::path path = folder_ / "junit.xml";
  ASSERT_TRUE(write_file_atomically(path, "a long first version").has_value());
  ASSERT_TRUE(write_file_atomically(path, std::string_view("new\0", 4)).has_value());
  EXPECT_EQ(text_of(path), std::string("new\0", 4));
  EXPECT_EQ(files(), 1U);
}

TEST_F(AtomicFile, IsReadableLikeAnyOtherFileOfTheUser) {
  const mode_t mask = ::umask(022);
  ASSERT_TRUE(write_file_atomically(folder_ / "junit.xml", "x").has_value());
  ::umask(mask);
  EXPECT_EQ(fs::status(folder_ / "junit.xml").permissions(), fs::perms(0644));
}

TEST_F(AtomicFile, SaysWhichFolderIsMissing) {
  const auto written = write_file_atomically(folder_ / "none" / "junit.xml", "x");
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().cause(), Cause::missing);
  EXPECT_EQ(written.error().where(), (folder_ / "none" / "junit.xml").string());
}

TEST_F(AtomicFile, LeavesTheOldThingWhereItCannotReplaceIt) {
  fs::create_directories(folder_ / "junit.xml" / "inside");
  EXPECT_FALSE(write_file_atomically(folder_ / "junit.xml", "x").has_value());
  EXPECT_TRUE(fs::exists(folder_ / "junit.xml" / "inside"));
  EXPECT_EQ(files(), 1U);
}

[[noreturn]] void write_for_ever(const fs::path& path, int told, const std::string& one, const std::string& other) {
  for (;;) {
    if (!write_file_atomically(path, one) || !write_file_atomically(path, other)) ::_exit(1);
    if (::write(told, "x", 1) != 1) ::_exit(1);
  }
}

TEST_F(AtomicFile, IsOldOrNewButNeverHalfWhenItsWriterIsKilled) {
  const fs::path path = folder_ / "junit.xml";
  const std::string one(300'000, '1');
  const std::string other(500'000, '2');
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) write_for_ever(path, pipe[1], one, other);
  ::close(pipe[1]);
  char told = 0;
  for (int i = 0; i < 3; ++i) ASSERT_EQ(::read(pipe[0], &told, 1), 1);
  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ::close(pipe[0]);
  const std::string found = text_of(path);
  EXPECT_TRUE(found == one || found == other) << found.size() << " bytes";
}

}  // namespace
}  // namespace coldboot
