#include "drivers/flashrom/flashrom.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/flashrom/flashrom_driver.hpp"
#include "drivers/flashrom/flashrom_here.hpp"
#include "tests/drivers/flashrom/emulated_chip.hpp"
#include "tests/firmware/image_builder.hpp"
#include "tests/soon.hpp"

namespace coldboot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Keys = std::map<std::string, std::string>;
namespace fs = std::filesystem;

/// The real flashrom, on its dummy programmer.
class FlashromTest : public testing::Test {
 protected:
  void SetUp() override { ::setenv("COLDBOOT_LOCKS", (folder.path() / "locks").c_str(), 1); }

  Result<std::unique_ptr<Flasher>> try_open(Keys keys, std::uint64_t size = EmulatedChip::size_bytes) {
    keys.emplace("programmer", chip.programmer());
    keys.emplace("chip", EmulatedChip::name);
    if (keys["chip"].empty()) keys.erase("chip");
    OpenContext context{.clock = clock,
                        .virtual_clock = nullptr,
                        .parts = parts,
                        .bench = "bench",
                        .where = "bench/flash",
                        .line = std::nullopt,
                        .size_bytes = size,
                        .tell = {}};
    return open_flashrom({.driver = "flashrom", .keys = keys, .place = {folder.path() / "bench.yaml", 4, 1}}, "flash",
                         context);
  }

  std::unique_ptr<Flasher> open(const Keys& keys = {}, std::uint64_t size = EmulatedChip::size_bytes) {
    auto flasher = try_open(keys, size);
    if (flasher) return std::move(*flasher);
    ADD_FAILURE() << flasher.error().text();
    return nullptr;
  }
  std::unique_ptr<Flasher> open_with(const std::string& trouble) {
    return open({{"programmer", chip.programmer(trouble)}});
  }

  Result<FlashReport> write(Flasher& flasher, const std::vector<std::string>& regions = {}) {
    return flasher.write(image,
                         {.regions = regions,
                          .log_folder = folder.path(),
                          .on_progress = [this](const FlashProgress& at) { stages.push_back(at.stage); }},
                         soon());
  }

  TemporaryFolder folder;
  EmulatedChip chip{folder.path() / "chip"};
  std::string content = random_image(1);
  fs::path image = folder.write("new.rom", content);
  std::vector<FlashStage> stages;
  SteadyClock clock;
  SharedParts parts;
};

TEST_F(FlashromTest, WritesAnImageAndSaysWhatItDid) {
  const auto report = write(*open());
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->outcome, FlashOutcome::written);
  EXPECT_EQ(report->chip, (FlashChip{EmulatedChip::name, EmulatedChip::size_bytes}));
  EXPECT_GT(report->took, Nanos(0));
  EXPECT_TRUE(chip.content() == content);
  EXPECT_THAT(text_of(report->log), HasSubstr("VERIFIED."));
  EXPECT_THAT(stages, ElementsAre(FlashStage::probing, FlashStage::probing, FlashStage::reading_old,
                                  FlashStage::erasing_and_writing, FlashStage::verifying));
}

TEST_F(FlashromTest, LeavesAChipAloneThatHoldsTheImage) {
  chip.set(content);
  const auto flasher = open();
  const auto report = write(*flasher);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->outcome, FlashOutcome::identical);
  const auto verified = flasher->verify(image, {}, soon());
  ASSERT_TRUE(verified) << verified.error().text();
  EXPECT_EQ(verified->outcome, FlashOutcome::verified);
  EXPECT_TRUE(verified->log.empty());
}

TEST_F(FlashromTest, ReplacesTheFewBytesThatChanged) {
  std::string old = content;
  old.replace(0x100000, 64 * 1024, std::string(64 * 1024, 'x'));
  chip.set(old);
  const auto report = write(*open());
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->outcome, FlashOutcome::written);
  EXPECT_TRUE(chip.content() == content);
}

TEST_F(FlashromTest, WritesOneRegionAndKeepsTheOthers) {
  const std::string old = random_image(2);
  chip.set(old);
  (void)folder.write("halves", "00000000:003fffff low\n00400000:007fffff high\n");
  const auto flasher = open({{"layout", "halves"}});
  const auto report = write(*flasher, {"high"});
  ASSERT_TRUE(report) << report.error().text();
  const std::size_t half = EmulatedChip::size_bytes / 2;
  EXPECT_TRUE(chip.content() == old.substr(0, half) + content.substr(half));
  const auto none = write(*flasher, {"middle"});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().text(), HasSubstr("middle"));
}

TEST_F(FlashromTest, WritesARegionOfTheMapOnTheChip) {
  constexpr std::uint32_t offset = 0x10000;
  const std::vector<FlashArea> areas{
      {"FMAP", 0, 0x1000}, {"COREBOOT", offset, static_cast<std::uint32_t>(EmulatedChip::size_bytes) - offset}};
  const std::string old = ImageBuilder(EmulatedChip::size_bytes, 'o').map(0, areas).take();
  chip.set(old);
  const auto report = write(*open({{"fmap", "true"}}), {"COREBOOT"});
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_TRUE(chip.content() == old.substr(0, offset) + content.substr(offset));
}

TEST_F(FlashromTest, RefusesRegionsThatNobodyDescribed) {
  const auto report = write(*open(), {"high"});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::mistake);
  EXPECT_THAT(stages, ElementsAre());
}

TEST_F(FlashromTest, TakesDataOfARegionFromNoOtherFile) {
  (void)folder.write("halves", "00400000:007fffff high\n");
  EXPECT_FALSE(write(*open({{"layout", "halves"}}), {"high:/etc/passwd"}));
}

TEST_F(FlashromTest, ReadsTheChipTwiceAndKeepsOneFile) {
  chip.set(content);
  const fs::path backup = folder.path() / "backup.rom";
  const auto report = open()->read(backup, {.log_folder = folder.path()}, soon());
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->outcome, FlashOutcome::read);
  EXPECT_TRUE(text_of(backup) == content);
  EXPECT_TRUE(fs::exists(folder.path() / "flashrom-read.log"));
  EXPECT_TRUE(fs::exists(folder.path() / "flashrom-read-again.log"));
  EXPECT_FALSE(fs::exists(backup.string() + ".reading"));
  EXPECT_FALSE(fs::exists(backup.string() + ".reading-again"));
}

TEST_F(FlashromTest, MakesNoFileOfAChipThatReadsAsNothing) {
  chip.set(content);
  const fs::path backup = folder.path() / "backup.rom";
  const auto report = open_with("spi_ignorelist=03")->read(backup, {}, soon());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::protocol);
  EXPECT_THAT(report.error().text(), HasSubstr("nothing but 0xff"));
  EXPECT_FALSE(fs::exists(backup));
  EXPECT_FALSE(fs::exists(backup.string() + ".reading"));
}

TEST_F(FlashromTest, ErasesTheChip) {
  chip.set(content);
  const auto report = open()->erase({}, soon());
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->outcome, FlashOutcome::erased);
  EXPECT_TRUE(chip.content() == std::string(EmulatedChip::size_bytes, '\xff'));
}

TEST_F(FlashromTest, SaysWhereTheChipHoldsSomethingElse) {
  std::string other = content;
  other[0x1234] = static_cast<char>(~other[0x1234]);
  chip.set(other);
  const auto report = open()->verify(image, {}, soon());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::dut);
  EXPECT_THAT(report.error().text(), HasSubstr("0x00001234"));
}

TEST_F(FlashromTest, SaysThatNoChipAnswers) {
  const auto report = write(*open_with("spi_ignorelist=9f"));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::missing);
  EXPECT_EQ(report.error().where(), "bench/flash");
  EXPECT_THAT(report.error().hint(), HasSubstr("clip"));
}

TEST_F(FlashromTest, DoesNotGuessWhichChipItIs) {
  const auto chip_found = open({{"programmer", chip.programmer("spi_ignorelist=9f")}, {"chip", ""}})->probe({}, soon());
  ASSERT_FALSE(chip_found);
  EXPECT_EQ(chip_found.error().cause(), Cause::protocol);
}

TEST_F(FlashromTest, SaysWhichChipAnswersInsteadOfTheExpectedOne) {
  const auto chip_found = open({{"chip", "W25Q64JV-.Q"}})->probe({}, soon());
  ASSERT_FALSE(chip_found);
  EXPECT_EQ(chip_found.error().cause(), Cause::mistake);
  EXPECT_THAT(chip_found.error().what(), HasSubstr("no W25Q64JV-.Q answers, but MX25L6405"));
}

TEST_F(FlashromTest, AsksWhichOfSeveralChipsItIs) {
  const auto chip_found = open({{"chip", ""}})->probe({}, soon());
  ASSERT_FALSE(chip_found);
  EXPECT_EQ(chip_found.error().cause(), Cause::mistake);
  EXPECT_THAT(chip_found.error().what(), HasSubstr("\"MX25L6405D\""));
}

TEST_F(FlashromTest, NeedsNoNameWhereOneChipFits) {
  const auto flasher = open({{"programmer", "dummy:emulate=W25Q128FV"}, {"chip", ""}}, std::uint64_t{16} << 20U);
  const auto chip_found = flasher->probe({}, soon());
  ASSERT_TRUE(chip_found) << chip_found.error().text();
  EXPECT_EQ(*chip_found, (FlashChip{"W25Q128.V", std::uint64_t{16} << 20U}));
}

TEST_F(FlashromTest, RefusesAChipOfAnotherSizeThanDeclared) {
  const auto chip_found = open({}, std::uint64_t{16} << 20U)->probe({}, soon());
  ASSERT_FALSE(chip_found);
  EXPECT_EQ(chip_found.error().cause(), Cause::mistake);
  EXPECT_THAT(chip_found.error().what(), HasSubstr("has 8 MiB, expected 16 MiB"));
}

TEST_F(FlashromTest, RefusesAnImageOfAnotherSizeBeforeTheProgrammerIsTouched) {
  image = folder.write("half.rom", content.substr(0, EmulatedChip::size_bytes / 2));
  const auto report = write(*open());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::mistake);
  EXPECT_THAT(report.error().what(), HasSubstr("found an image of 4 MiB, expected 8 MiB"));
  EXPECT_THAT(stages, ElementsAre());
}

TEST_F(FlashromTest, SaysWhatIsWrongWithTheProgrammer) {
  const auto fault_of = [this](const std::string& programmer) {
    const auto found = open({{"programmer", programmer}})->probe({}, soon());
    return found ? Fault() : found.error();
  };
  EXPECT_EQ(fault_of("linux_spi:dev=/dev/no-such-spidev").cause(), Cause::missing);
  EXPECT_EQ(fault_of("no_such_programmer").cause(), Cause::mistake);
  EXPECT_EQ(fault_of("dummy:emulate=MX25L6436,bogus=1").cause(), Cause::mistake);
  EXPECT_EQ(fault_of("dummy:emulate=NOTHING_KNOWN").cause(), Cause::io);
}

TEST_F(FlashromTest, SaysThatAChipCannotBeWritten) {
  chip.set(random_image(2));
  const auto report = write(*open_with("spi_blacklist=02"));
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().text(), HasSubstr("flashrom: "));
  EXPECT_THAT(stages, testing::Contains(FlashStage::erasing_and_writing));
}

TEST_F(FlashromTest, KnowsAChipThatIsProtected) {
  const auto flasher = open({{"programmer", "dummy:emulate=W25Q128FV,hwwp=yes,spi_status=0x00009c"}, {"chip", ""}},
                            std::uint64_t{16} << 20U);
  image = folder.write("large.rom", random_image(3, std::uint64_t{16} << 20U));
  const auto report = write(*flasher);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::refused);
  EXPECT_THAT(report.error().hint(), HasSubstr("write-protected"));
}

TEST_F(FlashromTest, DoesNotTakeAChipForWrittenThatReadsBackOtherwise) {
  chip.set(random_image(2));
  const auto report = write(*open_with("spi_ignorelist=02"));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::io);
  EXPECT_THAT(report.error().text(), HasSubstr("reads back otherwise: FAILED at"));
}

TEST_F(FlashromTest, SaysThatAChipCannotBeRead) {
  const auto report = open_with("spi_blacklist=03")->read(folder.path() / "backup.rom", {}, soon());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::io);
  EXPECT_THAT(report.error().text(), HasSubstr("Read operation failed"));
}

TEST_F(FlashromTest, SaysThatThereIsNoFlashrom) {
  for (const char* program : {"no-such-flashrom", "./no-such-flashrom"}) {
    const auto found = open({{"program", program}})->probe({}, soon());
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().cause(), Cause::missing);
    EXPECT_THAT(found.error().text(), HasSubstr("no such program"));
  }
}

TEST_F(FlashromTest, HoldsTheProgrammerAgainstOthers) {
  const auto first = open();
  const auto second = try_open({{"programmer", chip.programmer("spi_ignorelist=9f")}});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().cause(), Cause::busy);
  EXPECT_THAT(second.error().what(), HasSubstr("flash chip of bench"));
}

TEST(ProgrammerLock, IsOneForOneDevice) {
  const auto same = [](const std::string& one, const std::string& other) {
    return programmer_lock_name(one) == programmer_lock_name(other);
  };
  EXPECT_TRUE(same("linux_spi:dev=/dev/spidev1.0,spispeed=16000", "linux_spi:spispeed=1000,dev=/dev/spidev1.0"));
  EXPECT_FALSE(same("linux_spi:dev=/dev/spidev1.0", "linux_spi:dev=/dev/spidev0.0"));
  EXPECT_FALSE(same("ft2232_spi:serial=A", "ft2232_spi:serial=B"));
  EXPECT_TRUE(same("ch341a_spi", "ch341a_spi:"));
  EXPECT_FALSE(same("ch341a_spi", "dediprog"));
  EXPECT_EQ(programmer_lock_name("serprog:ip=rte:4711"), "flashrom-serprog-rte-4711.lock");
  EXPECT_EQ(programmer_lock_name("dummy:image=../chip.rom", "/racks/1"),
            programmer_lock_name("dummy:image=/racks/chip.rom"));
}

TEST(ProgrammerLock, KnowsADeviceByAnyOfItsNames) {
  const TemporaryFolder folder;
  const std::string device = folder.write("ttyUSB0", "");
  const fs::path link = folder.path() / "by-id";
  fs::create_symlink(device, link);
  const auto name = [](const std::string& at) { return programmer_lock_name("serprog:dev=" + at); };
  EXPECT_EQ(name(link.string() + ":115200"), name(device));
}

}  // namespace
}  // namespace coldboot
