#include "drivers/flashrom/flashrom_process.hpp"

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/flashrom/flashrom.hpp"
#include "drivers/flashrom/flashrom_here.hpp"
#include "tests/drivers/flashrom/fake_programmer.hpp"
#include "tests/soon.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// The driver on a flashrom that does what it is told.
class FlashromProcess : public testing::Test {
 protected:
  void SetUp() override { ::setenv("COLDBOOT_LOCKS", (folder.path() / "locks").c_str(), 1); }

  Result<std::unique_ptr<Flasher>> open() {
    auto host = FlashromHere::open({.where = "bench/flash",
                                    .holder = "test",
                                    .program = FakeProgrammer::program(),
                                    .programmer = fake.programmer(),
                                    .limits = {.read_limit = read_limit, .write_limit = write_limit}});
    if (!host) return host.error();
    return std::unique_ptr<Flasher>(std::make_unique<Flashrom>(
        ExpectedChip{.where = "bench/flash", .size_bytes = FakeProgrammer::size_bytes}, std::move(*host)));
  }

  /// Writes the image, and asks to stop when `stop_at` begins.
  Result<FlashReport> write(std::optional<FlashStage> stop_at = std::nullopt, Until until = soon()) {
    auto flashrom = open();
    if (!flashrom) return flashrom.error();
    until.stop = stop.get_token();
    return (*flashrom)->write(image,
                              {.on_progress =
                                   [&](const FlashProgress& at) {
                                     stages.push_back(at.stage);
                                     if (at.stage != stop_at) return;
                                     stop.request_stop();
                                     fake.go_on();
                                   }},
                              until);
  }

  TemporaryFolder folder;
  FakeProgrammer fake{folder.path() / "fake"};
  std::string old = fake.chip();
  std::string content = std::string(FakeProgrammer::size_bytes, 'n');
  std::filesystem::path image = folder.write("new.rom", content);
  Nanos read_limit = 60s;
  Nanos write_limit = 60s;
  std::stop_source stop;
  std::vector<FlashStage> stages;
};

TEST_F(FlashromProcess, IsStartedWithAChipOfOurChoosingAndSpeaksEnglish) {
  ASSERT_TRUE(write());
  EXPECT_EQ(fake.chip(), content);
  EXPECT_THAT(fake.calls(), AllOf(HasSubstr("-c FAKE -w " + image.string()), HasSubstr("LC_ALL=C\n")));
}

TEST_F(FlashromProcess, OutlivesTheReaderOfItsOutput) {
  ASSERT_TRUE(write());
  const std::string calls = fake.calls();
  const std::uint64_t ignored = std::stoull(calls.substr(calls.find("SigIgn:") + 7), nullptr, 16);
  EXPECT_NE(ignored & (1U << (SIGPIPE - 1)), 0U) << calls;
}

TEST_F(FlashromProcess, IsEndedOnRequestBeforeTheChipChanges) {
  fake.trouble("hang-reading");
  const auto report = write(FlashStage::reading_old);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::stopped);
  EXPECT_THAT(report.error().text(), HasSubstr("the chip was not changed"));
  EXPECT_EQ(fake.chip(), old);
}

TEST_F(FlashromProcess, IsLetRunToItsEndOnceTheChipChanges) {
  fake.trouble("wait");
  const auto report = write(FlashStage::erasing_and_writing);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->outcome, FlashOutcome::written);
  EXPECT_EQ(fake.chip(), content);
  EXPECT_EQ(stages.back(), FlashStage::verifying);
}

TEST_F(FlashromProcess, IsNotStartedAfterARequestToStop) {
  stop.request_stop();
  const auto report = write();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::stopped);
  EXPECT_EQ(fake.calls(), "");
}

TEST_F(FlashromProcess, IsEndedWhenReadingTakesTooLong) {
  fake.trouble("hang-reading");
  read_limit = 2s;
  const auto report = write();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::timeout);
  EXPECT_THAT(report.error().hint(), HasSubstr("read-limit"));
  EXPECT_EQ(fake.chip(), old);
}

TEST_F(FlashromProcess, KeepsToTheDeadlineBeforeTheChipChanges) {
  const auto report = write(std::nullopt, Until(std::chrono::steady_clock::now() - 1s));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::timeout);
  EXPECT_EQ(fake.chip(), old);
}

TEST_F(FlashromProcess, IsKilledOnlyWhenWritingTakesLongerThanEver) {
  fake.trouble("hang-writing");
  write_limit = 500ms;
  const auto report = write();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::timeout);
  EXPECT_THAT(report.error().text(),
              AllOf(HasSubstr("what the chip holds now is undefined"), HasSubstr("leave the DUT without power")));
  EXPECT_TRUE(fake.process() == 0 || ::kill(fake.process(), 0) != 0) << "it still runs";
}

TEST_F(FlashromProcess, ThatHangsWhileVerifyingHasWrittenTheChip) {
  fake.trouble("hang-verifying");
  read_limit = 5s;
  const auto report = write();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::timeout);
  EXPECT_THAT(report.error().text(), AllOf(HasSubstr("was written"), Not(HasSubstr("undefined"))));
}

TEST_F(FlashromProcess, ThatIsKilledLeavesAChipOfUnknownContent) {
  fake.trouble("die");
  const auto report = write();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::lost);
  EXPECT_THAT(report.error().text(), AllOf(HasSubstr("signal 9"), HasSubstr("not known")));
}

TEST_F(FlashromProcess, ThatFailsHalfWayLeavesAChipOfUnknownContent) {
  fake.trouble("half");
  const auto report = write();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::io);
  EXPECT_THAT(report.error().text(), AllOf(HasSubstr("half-way"), HasSubstr("leave the DUT without power")));
  EXPECT_NE(fake.chip(), old);
  EXPECT_NE(fake.chip(), content);
}

TEST_F(FlashromProcess, MayReadTheChipTwiceInTwoWays) {
  auto flashrom = open();
  ASSERT_TRUE(flashrom) << flashrom.error().text();
  fake.trouble("flicker");
  const auto report = (*flashrom)->read(folder.path() / "backup.rom", {}, soon());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::io);
  EXPECT_THAT(report.error().text(), HasSubstr("two reads of the chip differ"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "backup.rom"));
}

}  // namespace
}  // namespace coldboot
