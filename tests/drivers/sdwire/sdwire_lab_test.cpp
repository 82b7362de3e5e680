// The program itself, unchanged, with real libusb and sysfs, on an SDWire and a card reader plugged into a lab.

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "harness/io/descriptor.hpp"
#include "tests/cli/program.hpp"
#include "tests/drivers/sdwire/emulated_sdwire.hpp"
#include "tests/lab/lab.hpp"
#include "tests/media/sample_image.hpp"

namespace coldboot {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::size_t card_size = std::size_t{4} << 20U;

class SdWireInTheLab : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("COLDBOOT_LOCKS", (folder.path() / "locks").c_str(), 1);
    lab.plug(hub, "1-4");
    lab.plug(mux, "1-4.2");
    const std::string power = (folder.path() / "power").string();
    bench = folder.write("bench.yaml",
                         fmt::format("coldboot: bench/1\nname: lab-sd-{}\n"
                                     "power: {{driver: command, closed: touch {}, open: rm -f {}, off-min: 0 s}}\n"
                                     "consoles: {{com1: {{driver: pty, path: /nowhere}}}}\n"
                                     "media: {{sd: {{driver: sdwire, id: sdw-5, size: {} B}}}}\n",
                                     ::getpid(), power, power, card_size));
    std::mt19937 random(3);
    image = SampleImage::random(random, card_size / 2, 0.5, 10);
    file = folder.write("card.img", image.bytes);
    put_text(folder.path() / "power", "on");
  }

  /// What the reader does, until it is told to stop: the card's disk comes and goes with the switch.
  void read_cards(const std::stop_token& stop) {
    bool is_here = false;
    while (!stop.stop_requested()) {
      if (std::exchange(is_here, mux.is_at_host()) != is_here) {
        if (is_here) {
          lab.plug(disk);
        } else {
          lab.unplug(disk);
        }
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    if (is_here) lab.unplug(disk);
  }

  [[nodiscard]] ChildResult media(const std::string& what, const std::string& image_file) const {
    return coldboot({"media", what, bench, "sd", image_file});
  }

  TemporaryFolder folder;
  EmulatedPlainHub hub;
  EmulatedSdWire mux{"sdw-5"};
  Lab lab;
  Lab::CardDisk disk{.port = "1-4.1", .number = "8:240", .bytes = card_size};
  std::string bench;
  std::string file;
  SampleImage image;
};

TEST_F(SdWireInTheLab, WritesACardVerifiesItAndGivesItBack) {
  const std::jthread reader([this](const std::stop_token& stop) { read_cards(stop); });
  const ChildResult written = media("write", file);
  ASSERT_EQ(written.exit_status, 0) << written.output;
  EXPECT_THAT(written.output,
              AllOf(HasSubstr("holds card.img"), HasSubstr("sha256 " + hash_of_text(image.bytes)), HasSubstr("MiB/s")));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "power")) << "the DUT was switched off first";
  EXPECT_FALSE(mux.is_at_host());
  ASSERT_TRUE(becomes_true([&] { return lab.content().size() == card_size; }));
  EXPECT_TRUE(lab.content().starts_with(image.bytes));
  const ChildResult same = media("verify", packed_zstd(file));
  EXPECT_EQ(same.exit_status, 0) << same.output;
  image.bytes[70000] = static_cast<char>(image.bytes[70000] ^ 1);
  const ChildResult other = media("verify", folder.write("other.img", image.bytes));
  EXPECT_EQ(other.exit_status, 1) << other.output;
  EXPECT_THAT(other.output, HasSubstr("the first difference is at byte 70000 of the medium"));
}

/// A pipe with no room: who writes to it stands still until somebody reads.
class FullPipe {
 public:
  FullPipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    theirs_ = Descriptor(ends[1]);
    ours_ = Descriptor(ends[0]);
    const std::string filling(static_cast<std::size_t>(::fcntl(ends[1], F_GETPIPE_SZ)), ' ');
    EXPECT_EQ(::write(ends[1], filling.data(), filling.size()), static_cast<ssize_t>(filling.size()));
  }
  [[nodiscard]] int end() const { return theirs_.get(); }

  /// All that comes until the others have closed it.
  std::string drained() {
    theirs_ = Descriptor();
    std::string all;
    std::array<char, 4096> some{};
    while (true) {
      const ssize_t count = ::read(ours_.get(), some.data(), some.size());
      if (count <= 0) return all;
      all.append(some.data(), static_cast<std::size_t>(count));
    }
  }

 private:
  Descriptor ours_;
  Descriptor theirs_;
};

TEST_F(SdWireInTheLab, KeepsACardFromTheDutWhenItIsInterruptedInTheMiddle) {
  const std::jthread reader([this](const std::stop_token& stop) { read_cards(stop); });
  const std::string full = folder.write("full.img", std::string(card_size, 'i'));
  for (const int signal : {SIGINT, SIGKILL}) {
    FullPipe progress;  // it stands still when it tells of its first block
    RunningProgram writing({"media", "write", bench, "sd", full}, progress.end());
    ASSERT_TRUE(becomes_true([&] { return lab.content().starts_with("iii"); }));
    writing.signal(signal);
    if (signal == SIGINT) {
      ASSERT_TRUE(becomes_true([&] { return writing.has_taken_signals(); }));
    }
    const std::string said = progress.drained();
    EXPECT_EQ(writing.wait(), 128 + signal);
    if (signal == SIGINT) {
      EXPECT_THAT(said, AllOf(HasSubstr("asked to stop"), HasSubstr("is undefined"), HasSubstr("stays with the host")));
    }
    EXPECT_TRUE(mux.is_at_host());
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "power"));
    const ChildResult other = media("verify", full);
    EXPECT_EQ(other.exit_status, 1) << other.output;
    const ChildResult written = media("write", file);  // anew, whatever is there
    EXPECT_EQ(written.exit_status, 0) << written.output;
    EXPECT_FALSE(mux.is_at_host());
  }
}

TEST_F(SdWireInTheLab, RefusesACardOfAnotherSize) {
  disk.bytes = card_size * 2;
  const std::jthread reader([this](const std::stop_token& stop) { read_cards(stop); });
  const ChildResult written = media("write", file);
  EXPECT_EQ(written.exit_status, 3);
  EXPECT_THAT(written.output, AllOf(HasSubstr("has 8388608 bytes, expected the 4194304 of the bench's `size`"),
                                    HasSubstr("nothing was written to the card")));
  EXPECT_FALSE(mux.is_at_host());
}

TEST_F(SdWireInTheLab, LeavesTheDutAloneWhereThereIsNoSuchMediumOrImage) {
  const ChildResult no_medium = coldboot({"media", "write", bench, "ssd", file});
  EXPECT_EQ(no_medium.exit_status, 2);
  EXPECT_THAT(no_medium.output, HasSubstr("found no medium ssd, expected one of sd"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "power"));
  EXPECT_TRUE(mux.history().empty());
}

TEST_F(SdWireInTheLab, IsListedForBenchFiles) {
  const ChildResult devices = coldboot({"devices"});
  EXPECT_THAT(devices.output, AllOf(HasSubstr("driver: sdwire"), HasSubstr("sdw-5")));
}

}  // namespace
}  // namespace coldboot
