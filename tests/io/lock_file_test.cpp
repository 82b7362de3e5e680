#include "harness/io/lock_file.hpp"

#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "harness/io/child_process.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class LockFileTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "bench1.lock"; }

  TemporaryFolder own_;
  const std::filesystem::path& folder_ = own_.path();
};

TEST_F(LockFileTest, SaysWhoHoldsIt) {
  const auto held = LockFile::acquire(path(), "coldboot run xen.yaml");
  ASSERT_TRUE(held) << held.error().text();
  const auto second = LockFile::acquire(path(), "coldboot run other.yaml");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().cause(), Cause::busy);
  EXPECT_EQ(second.error().where(), path().string());
  EXPECT_THAT(second.error().what(),
              MatchesRegex("held by .+, process [0-9]+, since 20..-..-..T..:..:..Z: coldboot run xen.yaml"));
  EXPECT_THAT(second.error().what(), HasSubstr(std::to_string(::getpid())));
}

TEST_F(LockFileTest, LetsGoWhenItsHolderGoes) {
  {
    ASSERT_TRUE(LockFile::acquire(path(), "first"));
  }
  EXPECT_TRUE(LockFile::acquire(path(), "second"));
}

TEST_F(LockFileTest, TakesOverWhatADeadHolderLeftBehind) {
  std::ofstream(path()) << "maria, process 1, since 2026-01-01T00:00:00Z: a much longer line of somebody long gone\n";
  const auto held = LockFile::acquire(path(), "now");
  ASSERT_TRUE(held);
  std::ifstream file(path());
  std::string record((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(record, HasSubstr(": now\n"));
  EXPECT_THAT(record, ::testing::Not(HasSubstr("maria")));
}

TEST_F(LockFileTest, IsHeldOnByACopyOfItsDescriptor) {
  auto held = LockFile::acquire(path(), "run");
  ASSERT_TRUE(held);
  Descriptor guardians(::fcntl(held->descriptor(), F_DUPFD_CLOEXEC, 3));
  held = Fault();
  const auto while_guarded = LockFile::acquire(path(), "next");
  ASSERT_FALSE(while_guarded);
  EXPECT_EQ(while_guarded.error().cause(), Cause::busy);
  guardians.close();
  EXPECT_TRUE(LockFile::acquire(path(), "next"));
}

TEST_F(LockFileTest, IsSeenByOtherProcessesAndNotHeldByChildren) {
  const auto until = Until(std::chrono::steady_clock::now() + std::chrono::seconds(60));
  {
    const auto held = LockFile::acquire(path(), "run");
    ASSERT_TRUE(held);
    const auto tried = run_child({"flock", "--nonblock", path().string(), "true"}, until);
    ASSERT_TRUE(tried);
    EXPECT_EQ(tried->exit_status, 1);
  }
  const auto tried = run_child({"flock", "--nonblock", path().string(), "true"}, until);
  ASSERT_TRUE(tried);
  EXPECT_EQ(tried->exit_status, 0);
}

TEST_F(LockFileTest, IsOpenToAllUsersWhateverTheUmask) {
  const mode_t before = ::umask(077);
  const auto held = LockFile::acquire(path(), "run");
  ::umask(before);
  ASSERT_TRUE(held);
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0666U);
}

TEST_F(LockFileTest, FollowsNoLinkSomebodyLeftInItsPlace) {
  std::filesystem::create_symlink(folder_ / "elsewhere", path());
  const auto held = LockFile::acquire(path(), "run");
  ASSERT_FALSE(held);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "elsewhere"));
}

TEST_F(LockFileTest, ShowsARecordOfForeignBytesAsText) {
  std::ofstream(path()) << "\x1b[31mred\xff";
  const auto until = Until(std::chrono::steady_clock::now() + std::chrono::seconds(60));
  const std::string script = "exec 9<>" + path().string() + "; flock 9; echo locked; exec sleep 1000";
  std::stop_source stop;
  ChildOptions options;
  options.on_output = [&](std::string_view) {
    const auto busy = LockFile::acquire(path(), "run");
    ASSERT_FALSE(busy);
    EXPECT_EQ(busy.error().what(), "held by \\x1b[31mred\\xff");
    stop.request_stop();
  };
  ASSERT_FALSE(run_child({"sh", "-c", script}, Until(until.deadline, stop.get_token()), options));
}

TEST(LockFolder, CanBeWritten) {
  const auto folder = lock_folder();
  ASSERT_TRUE(folder) << folder.error().text();
  EXPECT_EQ(::access(folder->c_str(), W_OK), 0);
}

}  // namespace
}  // namespace coldboot
