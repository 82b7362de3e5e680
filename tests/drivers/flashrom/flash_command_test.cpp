#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/bench/lease.hpp"
#include "harness/event/run_info.hpp"
#include "harness/io/lock_file.hpp"
#include "tests/cli/program.hpp"
#include "tests/drivers/flashrom/emulated_chip.hpp"
#include "tests/drivers/flashrom/fake_dut.hpp"
#include "tests/drivers/flashrom/fake_programmer.hpp"
#include "tests/firmware/image_builder.hpp"

namespace coldboot {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

/// The built program on a bench whose power is a relay that keeps its contacts in files, and whose chip is flashrom's
/// dummy.
class FlashCommand : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("COLDBOOT_LOCKS", (folder.path() / "locks").c_str(), 1);
    fs::create_directories(relay());
    put_text(relay() / "1", "");  // the DUT has power
    put_bench(
        fmt::format("{{driver: flashrom, programmer: \"{}\", chip: {}, size: 8 MiB, golden: {{file: golden.rom, "
                    "sha256: {}}}}}",
                    chip.programmer(), EmulatedChip::name, sha256_of(golden).value()));
  }

  void put_bench(const std::string& flash) const {
    const auto call = [this](const std::string& verb) {
      return fmt::format("'{}/tests/drivers/command/relay_board' '{}' {} {{channel}}", COLDBOOT_SOURCE_DIR,
                         relay().string(), verb);
    };
    (void)folder.write("bench.yaml",
                       fmt::format("coldboot: bench/1\nname: flashed\ndut: {{model: apu2d4}}\n"
                                   "power:\n  driver: command\n  closed: \"{}\"\n  open: \"{}\"\n  state: \"{}\"\n"
                                   "  closed-output: \"channel {{channel}}: on\"\n"
                                   "  open-output: \"channel {{channel}}: off\"\n  settle: 0 s\n  off-min: 0 s\n"
                                   "consoles: {{com1: {{driver: tcp, address: \"127.0.0.1:9\"}}}}\nflash: {}\n",
                                   call("on"), call("off"), call("get"), flash));
  }
  void put_fake_bench() const {
    put_bench(fmt::format("{{driver: flashrom, program: {}, programmer: \"{}\", size: 8 KiB}}",
                          FakeProgrammer::program(), fake.programmer()));
  }

  [[nodiscard]] std::vector<std::string> arguments(const std::string& what, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"flash", what, (folder.path() / "bench.yaml").string()});
    if (what == "write" || what == "erase")
      more.insert(more.end(), {"--backups", (folder.path() / "backups").string()});
    return more;
  }
  [[nodiscard]] ChildResult flash(const std::string& what, const std::vector<std::string>& more = {}) const {
    return coldboot(arguments(what, more));
  }
  [[nodiscard]] fs::path relay() const { return folder.path() / "relay"; }
  [[nodiscard]] bool has_power() const { return fs::exists(relay() / "1"); }
  [[nodiscard]] static bool is_in_doubt() {
    return bench_state(look_at_lock(bench_lock("flashed").value()).value()).chip_is_in_doubt;
  }
  [[nodiscard]] bool programmer_is_held() const {
    const auto lock = look_at_lock(folder.path() / "locks" / lock_name);
    return lock && lock->held;
  }

  TemporaryFolder folder;
  EmulatedChip chip{folder.path() / "chip"};
  FakeProgrammer fake{folder.path() / "fake"};
  std::string content = apu2_image(EmulatedChip::size_bytes);
  std::string image = folder.write("new.rom", content);
  std::string golden = folder.write("golden.rom", random_image(1));
  std::string small_image = folder.write("small.rom", std::string(FakeProgrammer::size_bytes - 1, 'n') + "\n");
  std::string lock_name = "flashrom-fake-" + [this] {
    std::string name = (folder.path() / "fake").string();
    for (char& c : name) c = c == '/' ? '-' : c;
    return name;
  }() + ".lock";
};

TEST_F(FlashCommand, WritesAnImageOnceTheDutHasNoPower) {
  const std::string old = random_image(2);
  chip.set(old);
  const ChildResult written = flash("write", {image, "--logs", (folder.path() / "logs").string()});
  EXPECT_EQ(written.exit_status, 0) << written.output;
  EXPECT_THAT(written.output,
              AllOf(HasSubstr("version 4.15-v4.15.0.1 for PC Engines apu2"), HasSubstr("erasing and writing"),
                    HasSubstr("flashed: written and read back, 8 MiB in "), HasSubstr(sha256_of(image).value())));
  EXPECT_TRUE(chip.content() == content);
  EXPECT_FALSE(has_power());
  ASSERT_FALSE(only_run_in(folder.path() / "backups").empty());
  EXPECT_TRUE(text_of(only_run_in(folder.path() / "backups")) == old);
  EXPECT_THAT(text_of(folder.path() / "logs/flashrom-write.log"), HasSubstr("VERIFIED"));
  const ChildResult again = flash("write", {image});
  EXPECT_EQ(again.exit_status, 0);
  EXPECT_THAT(again.output, HasSubstr("nothing written"));
  EXPECT_EQ(flash("verify", {image}).exit_status, 0);
  EXPECT_EQ(flash("verify").exit_status, 1) << "it is not the golden image";
  std::string changed = content;
  changed.replace(0x100000, 64 * 1024, std::string(64 * 1024, 'x'));
  EXPECT_EQ(flash("write", {folder.write("changed.rom", changed)}).exit_status, 0);
  EXPECT_TRUE(chip.content() == changed);
}

TEST_F(FlashCommand, WritesTheGoldenImageWhereNoOtherIsNamed) {
  const ChildResult refused = flash("write");
  EXPECT_EQ(refused.exit_status, 3) << "what an erased chip holds may as well be a clip without contact";
  EXPECT_THAT(refused.output, AllOf(HasSubstr("nothing was written"), HasSubstr("nothing but 0xff")));
  const ChildResult written = flash("write", {"--no-backup"});
  EXPECT_EQ(written.exit_status, 0) << written.output;
  EXPECT_TRUE(chip.content() == text_of(golden));
}

TEST_F(FlashCommand, TouchesNothingForAnImageThatDoesNotFit) {
  const std::string erased = chip.content();
  put_text(golden, random_image(2));
  const std::vector<std::pair<std::string, std::string>> refused{
      {"", "SHA-256"},
      {folder.write("half.rom", content.substr(0, EmulatedChip::size_bytes / 2)), "expected 8 MiB"},
      {folder.write("blank.rom", erased), "nothing but bytes 0xff"},
      {folder.write("other.rom",
                    ImageBuilder(EmulatedChip::size_bytes).identification(0x10, "4.15", "PC Engines", "apu6").take()),
       "found firmware for PC Engines apu6"},
      {folder.path() / "none.rom", "none.rom"}};
  for (const auto& [file, why] : refused) {
    const ChildResult ended = flash("write", file.empty() ? std::vector<std::string>() : std::vector{file});
    EXPECT_NE(ended.exit_status, 0) << file;
    EXPECT_THAT(ended.output, HasSubstr(why));
  }
  EXPECT_TRUE(has_power());
  EXPECT_TRUE(chip.content() == erased);
}

TEST_F(FlashCommand, ReadsABackupAndWritesOverNone) {
  chip.set(content);
  const std::string backup = folder.path() / "backup.rom";
  const ChildResult read = flash("read", {backup});
  EXPECT_EQ(read.exit_status, 0) << read.output;
  EXPECT_THAT(read.output, AllOf(HasSubstr("flashed: read, 8 MiB in "), HasSubstr(sha256_of(image).value())));
  EXPECT_TRUE(text_of(backup) == content);
  EXPECT_EQ(flash("read", {backup}).exit_status, 2);
  EXPECT_EQ(flash("read").exit_status, 2);
}

TEST_F(FlashCommand, SaysThatThereIsNoRoomForABackup) {
  if (::geteuid() != 0) GTEST_SKIP() << "a small tmpfs can only be mounted by root";
  chip.set(content);
  const fs::path disk = folder.path() / "disk";
  fs::create_directories(disk);
  const std::string command = fmt::format(
      "mount -t tmpfs -o size=4m none {0} || exit 99; '{1}' flash read {2} {0}/backup.rom; status=$?; ls {0}; "
      "exit $status",
      disk.string(), COLDBOOT_BINARY, (folder.path() / "bench.yaml").string());
  auto ended = run_child({"unshare", "-m", "sh", "-c", command},
                         Until(std::chrono::steady_clock::now() + std::chrono::seconds(60)));
  ASSERT_TRUE(ended) << ended.error().text();
  if (ended->exit_status == 99 || ended->output.find("unshare") != std::string::npos)
    GTEST_SKIP() << "no mount namespaces here: " << ended->output;
  EXPECT_EQ(ended->exit_status, 3) << ended->output;
  EXPECT_THAT(ended->output, AllOf(HasSubstr("could not be written completely"), Not(HasSubstr("\nbackup"))));
}

TEST_F(FlashCommand, LeavesABenchAndAProgrammerAloneThatOthersHave) {
  {
    const auto lease = Lease::take("flashed", {.what = "somebody else"});
    ASSERT_TRUE(lease) << lease.error().text();
    const ChildResult ended = flash("write", {image});
    EXPECT_EQ(ended.exit_status, 75);
    EXPECT_THAT(ended.output, HasSubstr("somebody else"));
  }
  put_fake_bench();
  const auto lock = LockFile::acquire(folder.path() / "locks" / lock_name, "another bench");
  ASSERT_TRUE(lock) << lock.error().text();
  const ChildResult ended = flash("write", {small_image});
  EXPECT_EQ(ended.exit_status, 75);
  EXPECT_THAT(ended.output, HasSubstr("another bench"));
  EXPECT_TRUE(has_power());
}

TEST_F(FlashCommand, FinishesWhatItWritesWhenItIsAskedToStop) {
  put_fake_bench();
  fake.trouble("wait");
  RunningProgram running(arguments("write", {small_image}));
  ASSERT_TRUE(becomes_true([&] { return fake.is_changing(); }));
  running.signal(SIGINT);
  running.signal(SIGTERM);
  fake.go_on();
  EXPECT_GT(running.wait(), 128);
  EXPECT_TRUE(fake.has_ended());
  EXPECT_EQ(fake.chip(), text_of(small_image));
  EXPECT_FALSE(has_power());
}

TEST_F(FlashCommand, IsSurvivedByWhatItWritesAndByTheLock) {
  put_fake_bench();
  fake.trouble("wait");
  RunningProgram running(arguments("write", {small_image}));
  ASSERT_TRUE(becomes_true([&] { return fake.is_changing(); }));
  running.signal(SIGKILL);
  EXPECT_EQ(running.wait(), 128 + SIGKILL);
  EXPECT_TRUE(programmer_is_held());
  fake.go_on();
  EXPECT_TRUE(becomes_true([&] { return fake.has_ended(); }));
  EXPECT_TRUE(becomes_true([&] { return !programmer_is_held(); }));
  EXPECT_EQ(fake.chip(), text_of(small_image));
}

TEST_F(FlashCommand, LooksAheadBeforeItTakesPowerAway) {
  put_bench("{driver: flashrom, programmer: \"dummy:emulate=MX25L6436\", chip: W25Q46, size: 8 MiB}");
  ChildResult ended = flash("write", {image});
  EXPECT_EQ(ended.exit_status, 2) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("Unknown chip"));
  EXPECT_TRUE(has_power());

  put_bench("{driver: flashrom, programmer: \"dummy:emulate=MX25L6436\", program: flashromm, size: 8 MiB}");
  ended = flash("read", {folder.path() / "backup.rom"});
  EXPECT_EQ(ended.exit_status, 3) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("flashromm"));
  EXPECT_TRUE(has_power());

  put_bench("{driver: flashrom, programmer: \"dummy:emulate=MX25L6436\", size: 8 MiB}");
  ended = flash("verify", {image, "--region", "NOPE"});
  EXPECT_EQ(ended.exit_status, 2) << ended.output;
  EXPECT_TRUE(has_power());

  EXPECT_EQ(flash("recover", {image}).exit_status, 2) << "it takes no image";
  EXPECT_EQ(flash("write", {folder.path() / "none.rom"}).exit_status, 2);
  EXPECT_TRUE(has_power());
}

TEST_F(FlashCommand, ErasesAndLeavesNoDoubtAboutAChipThatItDidNotTouch) {
  chip.set(content);
  ChildResult ended = flash("erase");
  EXPECT_EQ(ended.exit_status, 0) << ended.output;
  EXPECT_EQ(chip.content(), std::string(EmulatedChip::size_bytes, '\xff'));
  EXPECT_EQ(text_of(folder.path() / "backups" / (sha256_of(image).value() + ".rom")), content);
  EXPECT_FALSE(is_in_doubt());

  put_bench("{driver: flashrom, programmer: \"dummy:bus=spi\", size: 8 MiB}");
  ended = flash("erase");
  EXPECT_EQ(ended.exit_status, 3) << ended.output;
  EXPECT_FALSE(is_in_doubt());
}

TEST_F(FlashCommand, ReachesAChipFromInsideAndSwitchesOffOnlyAfterAWrite) {
  const FakeDut dut(folder.path() / "dut");
  fs::create_directories(folder.path() / "there");
  put_bench(
      fmt::format("{{driver: flashrom-inside, through: \"{}\", folder: {}, program: {}, programmer: \"{}\", "
                  "size: 8 KiB}}",
                  dut.through(), (folder.path() / "there").string(), FakeProgrammer::program(), fake.programmer()));
  ChildResult ended = flash("read", {folder.path() / "backup.rom"});
  EXPECT_EQ(ended.exit_status, 0) << ended.output;
  EXPECT_EQ(text_of(folder.path() / "backup.rom"), fake.chip());
  EXPECT_TRUE(has_power());

  ended = flash("write", {small_image});
  EXPECT_EQ(ended.exit_status, 0) << ended.output;
  EXPECT_EQ(fake.chip(), text_of(small_image));
  EXPECT_FALSE(is_in_doubt());
  EXPECT_FALSE(has_power()) << "what was written is booted";
}

TEST_F(FlashCommand, SaysWhatABenchWithoutAFlashLacks) {
  std::string text = text_of(folder.path() / "bench.yaml");
  put_text(folder.path() / "bench.yaml", text.substr(0, text.find("flash:")));
  const ChildResult ended = flash("read", {folder.path() / "backup.rom"});
  EXPECT_EQ(ended.exit_status, 2);
  EXPECT_THAT(ended.output, HasSubstr("has no flash"));
}

}  // namespace
}  // namespace coldboot
