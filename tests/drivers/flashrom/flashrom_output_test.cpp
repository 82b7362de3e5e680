#include "drivers/flashrom/flashrom_output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coldboot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view found = "Found Winbond flash chip \"W25Q128.V\" (16384 kB, SPI) on dummy.\n";
constexpr std::string_view whole_write =
    "flashrom is free software, get the source code at https://flashrom.org\n\n"
    "Found Winbond flash chip \"W25Q128.V\" (16384 kB, SPI) on dummy.\n"
    "Reading old flash chip contents... done.\nErasing and writing flash chip... Erase/write done.\n"
    "Verifying flash... VERIFIED.\n";

TEST(FlashromStages, AreKnownBeforeTheirLineIsComplete) {
  FlashromStages stages;
  EXPECT_EQ(stages.stage(), FlashStage::probing);
  EXPECT_FALSE(stages.take("Reading old flash chip conte"));
  EXPECT_TRUE(stages.take("nts..."));
  EXPECT_EQ(stages.stage(), FlashStage::reading_old);
  EXPECT_FALSE(stages.has_begun_to_change());
  EXPECT_TRUE(stages.take(" done.\nErasing and writing flash chip... "));
  EXPECT_TRUE(stages.has_begun_to_change());
  EXPECT_FALSE(stages.take("Reading current flash chip contents... done. Looking for another erase function.\n"));
  EXPECT_TRUE(stages.take("Verifying flash... "));
  EXPECT_EQ(stages.stage(), FlashStage::verifying);
}

TEST(FlashromStages, AreTheSameInPiecesOfAnyLength) {
  for (std::size_t length = 1; length < whole_write.size(); ++length) {
    FlashromStages stages;
    int changes = 0;
    for (std::size_t at = 0; at < whole_write.size(); at += length)
      changes += stages.take(whole_write.substr(at, length)) ? 1 : 0;
    EXPECT_EQ(stages.stage(), FlashStage::verifying);
    EXPECT_GE(changes, 1);
  }
}

TEST(FlashromOutput, NamesEveryChipItFound) {
  EXPECT_THAT(found_chips(found), ElementsAre(FlashChip{"W25Q128.V", std::uint64_t{16} << 20U}));
  EXPECT_THAT(found_chips("Found Programmer flash chip \"Opaque flash chip\" (8192 kB, Programmer-specific) on dummy.\n"
                          "Found Macronix flash chip \"MX25L6405\" (8192 kB, SPI) on dummy."),
              ElementsAre(FlashChip{"Opaque flash chip", std::uint64_t{8} << 20U},
                          FlashChip{"MX25L6405", std::uint64_t{8} << 20U}));
  EXPECT_THAT(found_chips("Found Unknown flash chip \"SFDP-capable chip\" (8192 kB, SPI) on dummy.\n"
                          "Found chipset \"AMD FP4\".\nFound x flash chip \"half"),
              IsEmpty());
}

struct Ended {
  const char* what;
  FlashromTask task;
  int exit_status;
  std::string_view output;
  FlashStage stage;
  Cause cause;
  const char* says;
  const char* hint;
};

class FlashromFaults : public testing::TestWithParam<Ended> {};

TEST_P(FlashromFaults, SayWhatHappenedAndWhatToDo) {
  const Ended& ended = GetParam();
  const auto outcome = outcome_of({ended.task, ended.exit_status, std::string(ended.output), ended.stage});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().cause(), ended.cause);
  EXPECT_THAT(outcome.error().what(), HasSubstr(ended.says));
  EXPECT_THAT(outcome.error().hint(), HasSubstr(ended.hint));
}

constexpr FlashromTask write_task = FlashromTask::write;
INSTANTIATE_TEST_SUITE_P(
    All, FlashromFaults,
    testing::Values(
        Ended{"NoProgram", FlashromTask::probe, 127, "env: 'flashrom': No such file or directory\n",
              FlashStage::probing, Cause::missing, "no such program", "install flashrom"},
        Ended{"MayNotBeRun", FlashromTask::probe, 126, "env: './flashrom': Permission denied\n", FlashStage::probing,
              Cause::refused, "may not be run", ""},
        Ended{"NoDevice", FlashromTask::probe, 1,
              "linux_spi_init: failed to open /dev/spidev1.0: No such file or directory\n"
              "Error: Programmer initialization failed.\n",
              FlashStage::probing, Cause::missing, "/dev/spidev1.0", "plugged in"},
        Ended{"NoRights", FlashromTask::probe, 1,
              "linux_spi_init: failed to open /dev/spidev1.0: Permission denied\n"
              "Error: Programmer initialization failed.\n",
              FlashStage::probing, Cause::refused, "Permission denied", "group"},
        Ended{"NoUsbProgrammer", FlashromTask::probe, 1,
              "Couldn't open device 1a86:5512.\nError: Programmer initialization failed.\n", FlashStage::probing,
              Cause::missing, "1a86:5512", "plugged in"},
        Ended{"BadParameter", FlashromTask::probe, 1,
              "Unhandled programmer parameters: bogus=1\nAborting.\nError: Programmer initialization failed.\n",
              FlashStage::probing, Cause::mistake, "bogus=1", "KEY=VALUE"},
        Ended{"UnknownProgrammer", FlashromTask::probe, 1, "Error: Unknown programmer \"nosuch\". Valid choices are:\n",
              FlashStage::probing, Cause::mistake, "nosuch", "flashrom --help"},
        Ended{"UnknownChip", FlashromTask::probe, 1, "Error: Unknown chip 'X' specified.\n", FlashStage::probing,
              Cause::mistake, "'X'", "flashrom -L"},
        Ended{"NoChip", FlashromTask::probe, 1, "No EEPROM/flash device found.\n", FlashStage::probing, Cause::missing,
              "no chip answers", "clip"},
        Ended{"SeveralChips", FlashromTask::probe, 1,
              "Multiple flash chip definitions match the detected chip(s): \"A\", \"B\"\nPlease specify\n",
              FlashStage::probing, Cause::mistake, "\"A\", \"B\"", "printed on the chip"},
        Ended{"WrongSize", write_task, 1,
              "Error: Image size (4194304 B) doesn't match the expected size (8388608 B)!\n", FlashStage::probing,
              Cause::mistake, "4194304", "as large as the chip"},
        Ended{"NoRegion", write_task, 1, "Invalid region specified: \"x\".\n", FlashStage::probing, Cause::mistake,
              "\"x\"", "layout"},
        Ended{"NoMap", write_task, 1, "Failed to read fmap from ROM.\n", FlashStage::probing, Cause::mistake, "fmap",
              "layout file"},
        Ended{"NoRoom", FlashromTask::read, 1,
              "Reading flash... done.\nError: file x could not be written completely.\n", FlashStage::reading,
              Cause::disk_full, "completely", "room"},
        Ended{"ReadFailed", FlashromTask::read, 1, "Reading flash... FAILED.\nRead operation failed!\n",
              FlashStage::reading, Cause::io, "Read operation failed", "spispeed"},
        Ended{"WriteProtected", write_task, 2,
              "FAILED!\nUh oh. Erase/write failed. Checking if anything has changed.\n"
              "Good, writing to the flash chip apparently didn't do anything.\n",
              FlashStage::erasing_and_writing, Cause::refused, "holds what it held", "write-protected"},
        Ended{"WriteFailedHalfWay", write_task, 2,
              "FAILED!\nUh oh. Erase/write failed. Checking if anything has changed.\n"
              "Apparently at least some data has changed.\n",
              FlashStage::erasing_and_writing, Cause::io, "not known", "without power"},
        Ended{"ReadsBackOtherwise", write_task, 3,
              "Verifying flash... FAILED at 0x00001000! Expected=0xff, Found=0x9e, failed byte count from ...\n",
              FlashStage::verifying, Cause::io, "FAILED at 0x00001000", "without power"},
        Ended{"HoldsSomethingElse", FlashromTask::verify, 3, "Verifying flash... FAILED at 0x00001000! Expected=0xff\n",
              FlashStage::verifying, Cause::dut, "FAILED at 0x00001000", ""},
        Ended{"KilledEarly", write_task, 137, "Reading old flash chip contents...", FlashStage::reading_old,
              Cause::lost, "was not changed", "try again"},
        Ended{"KilledWhileWriting", write_task, 143, "Erasing and writing flash chip...",
              FlashStage::erasing_and_writing, Cause::lost, "signal 15", "without power"},
        Ended{"Unknown", FlashromTask::read, 1, "something new\n", FlashStage::reading, Cause::io, "something new", ""},
        Ended{"UnknownWhileWriting", write_task, 1, "something new\n", FlashStage::erasing_and_writing, Cause::io,
              "not known", "without power"},
        Ended{"WriteProvesNothing", write_task, 0, "Erasing and writing flash chip... Erase/write done.\n",
              FlashStage::erasing_and_writing, Cause::protocol, "VERIFIED", "without power"},
        Ended{"ReadProvesNothing", FlashromTask::read, 0, "", FlashStage::probing, Cause::protocol, "done", ""}),
    [](const testing::TestParamInfo<Ended>& ended) { return ended.param.what; });

TEST(FlashromOutput, OfTheDutsOwnFlashromSaysOtherThingsToDo) {
  const auto fault_of = [](FlashromTask task, int status, std::string output, FlashStage stage) {
    return outcome_of({task, status, std::move(output), stage, FlashromSide::inside}).error();
  };
  const Fault half = fault_of(write_task, 2, "Uh oh. Erase/write failed.\nApparently at least some data has changed.\n",
                              FlashStage::erasing_and_writing);
  EXPECT_THAT(half.hint(), HasSubstr("do not restart the DUT"));
  EXPECT_THAT(half.hint(), testing::Not(HasSubstr("clip")));
  const Fault no_rights = fault_of(FlashromTask::probe, 1,
                                   "ERROR: Could not get I/O privileges (Operation not permitted).\n"
                                   "Make sure you are root. If you are root, your kernel may still\n"
                                   "prevent access based on security policies.\n"
                                   "Error: Programmer initialization failed.\n",
                                   FlashStage::probing);
  EXPECT_EQ(no_rights.cause(), Cause::refused);
  EXPECT_THAT(no_rights.what(), HasSubstr("Operation not permitted"));
  EXPECT_THAT(no_rights.hint(), HasSubstr("iomem=relaxed"));
  const Fault other_board = fault_of(
      write_task, 1, "Aborting. You can override this with -p internal:boardmismatch=force.\n", FlashStage::probing);
  EXPECT_EQ(other_board.cause(), Cause::mistake);
  EXPECT_THAT(other_board.hint(), HasSubstr("internal:boardmismatch=force"));
  EXPECT_EQ(fault_of(FlashromTask::probe, 1, "No EEPROM/flash device found.\n", FlashStage::probing).cause(),
            Cause::missing);
}

TEST(FlashromOutput, TellsWrittenFromIdentical) {
  EXPECT_EQ(outcome_of({write_task, 0, std::string(whole_write), FlashStage::verifying}).value(),
            FlashOutcome::written);
  EXPECT_EQ(outcome_of({write_task, 0,
                        "Erasing and writing flash chip... \n"
                        "Warning: Chip content is identical to the requested image.\nErase/write done.\n",
                        FlashStage::erasing_and_writing})
                .value(),
            FlashOutcome::identical);
}

}  // namespace
}  // namespace coldboot
