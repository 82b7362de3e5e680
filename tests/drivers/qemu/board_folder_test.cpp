#include "drivers/qemu/board_folder.hpp"

#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace coldboot {
namespace {

namespace fs = std::filesystem;

TEST(BoardFolder, GoesWithItsBoard) {
  fs::path path;
  {
    const auto folder = BoardFolder::create();
    ASSERT_TRUE(folder);
    path = (*folder)->path();
    std::ofstream(path / "flash.rom") << "image";
    BoardFolder::remove_abandoned();
    EXPECT_TRUE(fs::exists(path / "flash.rom")) << "somebody has it";
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(BoardFolder, OfAKilledProgramIsRemovedByTheNext) {
  int line[2] = {};  // NOLINT(modernize-avoid-c-arrays): as pipe(2) wants it
  ASSERT_EQ(::pipe(line), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto folder = BoardFolder::create();
    const std::string path = folder ? (*folder)->path().string() : "";
    if (::write(line[1], path.data(), path.size()) < 0) ::_exit(1);
    ::raise(SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  std::string path(256, '\0');
  path.resize(static_cast<std::size_t>(std::max<ssize_t>(::read(line[0], path.data(), path.size()), 0)));
  ASSERT_TRUE(fs::exists(path)) << path;
  BoardFolder::remove_abandoned();
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace coldboot
