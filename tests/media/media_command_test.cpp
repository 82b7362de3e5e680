// coldboot media on benches without hardware. On a card behind a multiplexer: tests/drivers/sdwire/sdwire_lab_test.cpp.

#include <cstdlib>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/cli/program.hpp"

namespace coldboot {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class MediaCommand : public testing::Test {
 protected:
  void SetUp() override { ::setenv("COLDBOOT_LOCKS", (folder.path() / "locks").c_str(), 1); }

  [[nodiscard]] std::string bench_with(const std::string& power, const std::string& console,
                                       const std::string& medium) const {
    return folder.write("bench.yaml", fmt::format("coldboot: bench/1\nname: vm\npower: {{{}}}\n"
                                                  "consoles: {{com1: {{{}}}}}\nmedia: {{sd: {{{}}}}}\n",
                                                  power, console, medium));
  }

  TemporaryFolder folder;
};

TEST_F(MediaCommand, SwitchesNothingForAnImageThatIsNone) {
  const std::string power = folder.write("power", "on");
  const std::string bench =
      bench_with(fmt::format("driver: command, closed: touch {0}, open: rm {0}, off-min: 0 s", power),
                 "driver: pty, path: /nowhere", "driver: file, path: sd.img, size: 1 MiB");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {folder.path() / "no.img", "No such file"},
      {folder.write("x.img.gz", "no gzip"), "is named .gz, but does not begin as gzip does"},
      {folder.write("x.qcow2", "QFI\xfb...."), "qemu-img convert -O raw"}};
  for (const auto& [image, expected] : cases) {
    const ChildResult written = coldboot({"media", "write", bench, "sd", image});
    EXPECT_EQ(written.exit_status, 2) << written.output;
    EXPECT_THAT(written.output, HasSubstr(expected));
  }
  EXPECT_TRUE(std::filesystem::exists(power));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "sd.img"));
}

TEST_F(MediaCommand, SaysThatTheCardOfAVirtualBoardIsGoneAfterARun) {
  const std::string bench = bench_with("driver: qemu", "driver: qemu", "driver: qemu-sd");
  const std::string image = folder.write("card.img", std::string(4096, 'i'));
  for (const std::string what : {"write", "verify"}) {
    const ChildResult ended = coldboot({"media", what, bench, "sd", image});
    EXPECT_EQ(ended.exit_status, 3) << ended.output;
    EXPECT_THAT(ended.output,
                AllOf(HasSubstr("vm/sd: this medium is made anew for each run"), HasSubstr("boot: {sd: card.img}")));
  }
}

}  // namespace
}  // namespace coldboot
