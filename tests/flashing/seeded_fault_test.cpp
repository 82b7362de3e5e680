#include "harness/io/lock_file.hpp"
#include "tests/flashing/flashed_bench.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int error = 3;

/// What goes wrong is an error of the bench, said in words that help, and leaves it safe.
class SeededFault : public FlashedBench {
 protected:
  void SetUp() override {
    FlashedBench::SetUp();
    put_text(folder.path() / "fake/chip", old);
    new_image = write_image("new.rom", "2.0", size);
    put_scenario({"flash: {image: new.rom}"});
  }

  void expect_error(const std::vector<std::string>& words) const {
    const ChildResult ended = run();
    EXPECT_EQ(ended.exit_status, error) << ended.output;
    ASSERT_TRUE(result().contains("verdict")) << ended.output;
    EXPECT_EQ(result().at("verdict"), "error");
    EXPECT_EQ(result().at("boots").front().at("verdict"), "error");
    for (const std::string& word : words) EXPECT_THAT(reason(), HasSubstr(word));
  }
  /// The same, and the chip is as it was, and the DUT had no power in all this.
  void expect_untouched(const std::vector<std::string>& words) const {
    expect_error(words);
    expect_safe();
    EXPECT_FALSE(had_power());
    EXPECT_FALSE(state().chip_is_in_doubt);
    EXPECT_TRUE(chip_holds(old));
    EXPECT_THAT(outcomes(), IsEmpty());
  }
  /// The same, and the golden image is on the chip and boots.
  void expect_golden(const std::vector<std::string>& words) const {
    expect_error(words);
    expect_safe();
    EXPECT_FALSE(state().chip_is_in_doubt);
    EXPECT_TRUE(chip_holds(text_of(golden)));
    EXPECT_THAT(outcomes(), testing::Contains("restored"));
  }
  /// flashrom itself, with its dummy in trouble.
  void use_dummy(const std::string& trouble, bool named = true) {
    put_bench(real_flash(trouble, named), true);
    new_image = write_image("new.rom", "2.0", EmulatedChip::size_bytes);
    old_dummy = image("0.9", EmulatedChip::size_bytes);
    dummy.set(old_dummy);
  }

  const std::string old = image("0.9", size);
  std::string old_dummy;
  std::string new_image;
};

TEST_F(SeededFault, NoChipAnswers) {
  use_dummy("spi_ignorelist=9f");
  expect_untouched({"flashed/flash", "no chip answers", "check the clip"});
  EXPECT_TRUE(dummy.content() == old_dummy);
}

TEST_F(SeededFault, TheChipHasTwoNames) {
  use_dummy("", false);
  expect_untouched({"Multiple flash chip definitions match", "MX25L6405D", "chip: the one whose name is printed"});
  EXPECT_TRUE(dummy.content() == old_dummy);
}

TEST_F(SeededFault, TheChipHasAnotherSize) {
  std::string flash = fake_flash();
  flash.replace(flash.find("8 KiB"), 5, "16 KiB");
  put_bench(flash);
  (void)write_image("new.rom", "2.0", 2 * size);
  expect_untouched({"the chip FAKE has 8 KiB, expected 16 KiB as the bench file says"});
}

TEST_F(SeededFault, TheImageHasAnotherSize) {
  (void)write_image("new.rom", "2.0", 2 * size);
  expect_untouched({"new.rom", "found an image of 16 KiB, expected 8 KiB as the chip has"});
  EXPECT_THAT(fake.calls(), IsEmpty());
}

TEST_F(SeededFault, TheImageIsOfAnotherBoard) {
  put_text(new_image, image("2.0", size, "apu6"));
  expect_untouched({"found firmware for PC Engines apu6, expected some for apu2d4 as the bench says"});
  EXPECT_THAT(fake.calls(), IsEmpty());
}

TEST_F(SeededFault, TheChipDoesNotTakeWhatIsWritten) {
  use_dummy("spi_ignorelist=02");
  expect_error({"flashed/flash", "could not be put back"});
  expect_safe();
  EXPECT_TRUE(state().chip_is_in_doubt);
  EXPECT_FALSE(had_power()) << "nobody knows what it would run";
}

TEST_F(SeededFault, ThereIsNoFlashrom) {
  std::string flash = fake_flash();
  flash.replace(flash.find(FakeProgrammer::program()), FakeProgrammer::program().size(), "./no-flashrom");
  put_bench(flash);
  expect_untouched({"no such program", "install flashrom"});
}

TEST_F(SeededFault, FlashromIsKilledInTheMiddleOfAWrite) {
  fake.trouble("once-die");
  expect_golden({"ended by signal 9 while erasing-and-writing", "the golden image was put back and boots"});
  EXPECT_THAT(notes(), HasSubstr("the golden image is put back"));
}

TEST_F(SeededFault, FlashromHangsInTheMiddleOfAWrite) {
  put_bench(fake_flash(", write-limit: 300 ms"));
  fake.trouble("once-hang-writing");
  expect_golden({"taken for hung and killed", "the golden image was put back and boots"});
}

TEST_F(SeededFault, AWriteFailsHalfWay) {
  fake.trouble("once-half");
  expect_golden({"erasing or writing failed half-way", "the golden image was put back and boots"});
}

TEST_F(SeededFault, TheChipReadsAsNothing) {
  put_text(folder.path() / "fake/chip", std::string(size, '\xff'));
  expect_error({"nothing was written", "the chip reads as nothing but 0xff", "check the clip"});
  expect_safe();
  EXPECT_FALSE(had_power());
  EXPECT_TRUE(chip_holds(std::string(size, '\xff')));
  EXPECT_FALSE(state().chip_is_in_doubt);
}

TEST_F(SeededFault, TwoReadsOfTheChipDiffer) {
  fake.trouble("flicker");
  expect_error({"nothing was written", "two reads of the chip differ"});
  expect_safe();
  EXPECT_FALSE(had_power());
}

TEST_F(SeededFault, SomebodyElseHasTheProgrammer) {
  std::string name = (folder.path() / "fake").string();
  for (char& c : name) c = c == '/' ? '-' : c;
  fs::create_directories(folder.path() / "locks");
  const auto lock = LockFile::acquire(folder.path() / ("locks/flashrom-fake-" + name + ".lock"), "another bench");
  ASSERT_TRUE(lock) << lock.error().text();
  expect_untouched({"programmer fake:dev=", "another bench"});
  EXPECT_THAT(edges(), testing::Each("off 1")) << "nor were the lines";
  EXPECT_THAT(fake.calls(), IsEmpty());
}

TEST_F(SeededFault, ThereIsNoRoomForABackup) {
  if (::geteuid() != 0) GTEST_SKIP() << "a small tmpfs can only be mounted by root";
  fs::create_directories(runs() / "firmware-backups");
  std::string command = fmt::format("mount -t tmpfs -o size=4k none '{}' || exit 99; exec '{}'",
                                    (runs() / "firmware-backups").string(), COLDBOOT_BINARY);
  for (const std::string& argument : arguments()) command += fmt::format(" '{}'", argument);
  const auto ended = run_child({"unshare", "-m", "sh", "-c", command},
                               Until(std::chrono::steady_clock::now() + std::chrono::seconds(60)));
  ASSERT_TRUE(ended) << ended.error().text();
  if (ended->exit_status == 99 || ended->output.find("unshare") != std::string::npos)
    GTEST_SKIP() << "no mount namespaces here: " << ended->output;
  EXPECT_EQ(ended->exit_status, error) << ended->output;
  EXPECT_THAT(reason(), AllOf(HasSubstr("firmware-backups"), HasSubstr("could not be kept, so nothing was written"),
                              HasSubstr("No space left")));
  EXPECT_TRUE(chip_holds(old));
  EXPECT_FALSE(had_power());
  expect_safe();
}

TEST_F(SeededFault, TheBoardIsSilentAfterFlashing) {
  put_text(relays() / "dead", "2.0");
  put_scenario({"flash: {image: new.rom}"}, "", 1, "200 ms");
  expect_golden({"does not show its firmware since", "new.rom was written", "the golden image was put back and boots"});
  EXPECT_THAT(outcomes(), ElementsAre("written", "restored"));
}

TEST_F(SeededFault, TheBoardIsSilentAndStaysSo) {
  put_text(golden, text_of(new_image));
  put_bench(fake_flash().replace(fake_flash().find("30 s"), 4, "200 ms"));
  put_text(relays() / "dead", "2.0");
  put_scenario({"flash: {image: new.rom}"}, "", 1, "200 ms");
  expect_error({"the golden image could not be put back", "no sign of the golden image in 200 ms after power"});
  EXPECT_THAT(outcomes(), ElementsAre("written", "restored", "restored")) << "two tries";
  expect_safe();
}

TEST_F(SeededFault, TheBoardShowsAnotherVersionThanItWasGiven) {
  put_text(relays() / "shows", "9.9");
  expect_error({"flashed/flash", "the board shows firmware 9.9, expected 2.0, which was written and read back"});
  expect_safe();
  EXPECT_TRUE(chip_holds(text_of(new_image)));
}

TEST_F(SeededFault, ThereIsNoGoldenImageToPutBack) {
  std::string flash = fake_flash();
  const std::string key = golden_key() + ", ";
  put_bench(flash.erase(flash.find(key), key.size()));
  fake.trouble("once-die");
  expect_error({"ended by signal 9", "the golden image could not be put back", "names no golden image"});
  expect_safe();
  EXPECT_TRUE(state().chip_is_in_doubt);
  EXPECT_FALSE(had_power());
  put_scenario({});
  expect_error({"a write of the firmware chip was cut", "names no golden image", "coldboot flash write"});
  EXPECT_FALSE(had_power()) << "whoever comes next";
  put_scenario({"flash: {image: new.rom, regions: [COREBOOT]}"});
  expect_error({"a write of the firmware chip was cut"});
  EXPECT_TRUE(state().chip_is_in_doubt) << "a part puts nothing right";
  put_scenario({"flash: {image: new.rom}"});
  const ChildResult ended = run();
  EXPECT_EQ(ended.exit_status, 0) << ended.output << reason();
  EXPECT_FALSE(state().chip_is_in_doubt);
  expect_safe();
}

TEST_F(SeededFault, ALineIsStuckOff) {
  put_text(relays() / "stuck-3", "");
  expect_untouched({"line spi was switched on and reads back off"});
  EXPECT_THAT(fake.calls(), IsEmpty());
}

TEST_F(SeededFault, ALineIsStuckOn) {
  put_text(relays() / "3", "");
  put_text(relays() / "stuck-3", "");
  expect_error({"the lines of the firmware chip are not known to be off, so the DUT gets no power", "line spi"});
  EXPECT_FALSE(had_power());
  EXPECT_FALSE(is_closed(2));
  EXPECT_TRUE(state().chip_is_held);
  EXPECT_FALSE(state().left_safe);
  const ChildResult refused = run();
  EXPECT_EQ(refused.exit_status, error);
  EXPECT_THAT(refused.output, HasSubstr("line spi"));
  EXPECT_FALSE(had_power()) << "whoever comes next";
  EXPECT_TRUE(state().chip_is_held);
  fs::remove(relays() / "stuck-3");
  const ChildResult mended = run();
  EXPECT_EQ(mended.exit_status, 0) << mended.output << reason();
  EXPECT_THAT(notes(), HasSubstr("the firmware chip was parted from its programmer"));
  expect_safe();
}

}  // namespace
}  // namespace coldboot
