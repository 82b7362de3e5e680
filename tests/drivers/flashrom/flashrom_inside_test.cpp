#include "drivers/flashrom/flashrom_inside.hpp"

#include <csignal>
#include <functional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/flashrom/flashrom.hpp"
#include "drivers/flashrom/flashrom_inside_driver.hpp"
#include "tests/drivers/flashrom/emulated_chip.hpp"
#include "tests/drivers/flashrom/fake_dut.hpp"
#include "tests/drivers/flashrom/fake_programmer.hpp"
#include "tests/soon.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

class InsideTest : public testing::Test {
 protected:
  void SetUp() override { ::setenv("COLDBOOT_LOCKS", (folder.path() / "locks").c_str(), 1); }

  Result<std::unique_ptr<Flasher>> try_open(std::map<std::string, std::string> keys, std::uint64_t size) {
    keys.emplace("through", dut.through());
    keys.emplace("folder", dut.there().string());
    OpenContext context{.clock = clock,
                        .virtual_clock = nullptr,
                        .parts = parts,
                        .bench = "bench",
                        .where = "bench/flash",
                        .line = std::nullopt,
                        .size_bytes = size,
                        .tell = {}};
    return open_flashrom_inside(
        {.driver = "flashrom-inside", .keys = std::move(keys), .place = {folder.path() / "bench.yaml", 4, 1}}, "flash",
        context);
  }
  std::unique_ptr<Flasher> open(std::map<std::string, std::string> keys, std::uint64_t size) {
    auto flasher = try_open(std::move(keys), size);
    if (flasher) return std::move(*flasher);
    ADD_FAILURE() << flasher.error().text();
    return nullptr;
  }

  /// Writes the image; `at` is called when a stage begins.
  Result<FlashReport> write(Flasher& flasher, const std::function<void(FlashStage)>& at = nullptr,
                            Until until = soon()) {
    until.stop = stop.get_token();
    return flasher.write(image,
                         {.regions = regions,
                          .log_folder = folder.path(),
                          .on_progress =
                              [&](const FlashProgress& progress) {
                                stages.push_back(progress.stage);
                                if (at) at(progress.stage);
                              }},
                         until);
  }

  TemporaryFolder folder;
  FakeDut dut{folder.path() / "dut"};
  fs::path image;
  std::vector<std::string> regions;
  std::vector<FlashStage> stages;
  std::stop_source stop;
  SteadyClock clock;
  SharedParts parts;
};

/// The real flashrom, on its dummy programmer, on the DUT.
class FlashromInsideTest : public InsideTest {
 protected:
  void SetUp() override {
    InsideTest::SetUp();
    image = folder.write("new.rom", content);
  }
  std::unique_ptr<Flasher> open_real(std::map<std::string, std::string> keys = {}) {
    keys.emplace("programmer", chip.programmer());
    keys.emplace("chip", EmulatedChip::name);
    return open(std::move(keys), EmulatedChip::size_bytes);
  }

  EmulatedChip chip{folder.path() / "chip"};
  std::string content = random_image(1);
};

TEST_F(FlashromInsideTest, WritesAnImageAndLeavesNothingOnTheDut) {
  const auto flasher = open_real();
  EXPECT_TRUE(flasher->from_inside());
  const auto report = write(*flasher);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->outcome, FlashOutcome::written);
  EXPECT_TRUE(chip.content() == content);
  EXPECT_THAT(stages, ElementsAre(FlashStage::probing, FlashStage::probing, FlashStage::reading_old,
                                  FlashStage::erasing_and_writing, FlashStage::verifying));
  EXPECT_THAT(text_of(report->log), HasSubstr("VERIFIED."));
  EXPECT_TRUE(dut.is_tidy());
  const auto again = write(*flasher);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->outcome, FlashOutcome::identical);
}

TEST_F(FlashromInsideTest, BringsAReadoutBack) {
  chip.set(content);
  const fs::path backup = folder.path() / "backup.rom";
  const auto report = open_real()->read(backup, {}, soon());
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_TRUE(text_of(backup) == content);
  EXPECT_TRUE(dut.is_tidy());
}

TEST_F(FlashromInsideTest, VerifiesAndErases) {
  chip.set(content);
  const auto flasher = open_real();
  const auto verified = flasher->verify(image, {}, soon());
  ASSERT_TRUE(verified) << verified.error().text();
  const auto erased = flasher->erase({}, soon());
  ASSERT_TRUE(erased) << erased.error().text();
  EXPECT_EQ(erased->outcome, FlashOutcome::erased);
  const auto differs = flasher->verify(image, {}, soon());
  ASSERT_FALSE(differs);
  EXPECT_EQ(differs.error().cause(), Cause::dut);
}

TEST_F(FlashromInsideTest, WritesOneRegionByALayoutOfThisHost) {
  const std::string old = random_image(2);
  chip.set(old);
  (void)folder.write("halves", "00000000:003fffff low\n00400000:007fffff high\n");
  regions = {"high"};
  const auto report = write(*open_real({{"layout", "halves"}}));
  ASSERT_TRUE(report) << report.error().text();
  const std::size_t half = EmulatedChip::size_bytes / 2;
  EXPECT_TRUE(chip.content() == old.substr(0, half) + content.substr(half));
}

TEST_F(FlashromInsideTest, SaysWhatToDoAboutADutThatRuns) {
  const auto none = write(*open_real({{"programmer", chip.programmer("spi_ignorelist=9f")}}));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().cause(), Cause::missing);
  EXPECT_EQ(none.error().where(), "bench/flash");
  EXPECT_THAT(none.error().hint(), Not(HasSubstr("clip")));
  const auto spoiled = write(*open_real({{"programmer", chip.programmer("spi_ignorelist=02")}}));
  ASSERT_FALSE(spoiled);
  EXPECT_EQ(spoiled.error().cause(), Cause::io);
  EXPECT_THAT(spoiled.error().hint(), HasSubstr("do not restart the DUT"));
}

TEST_F(FlashromInsideTest, RefusesKeysThatMakeNoSense) {
  const auto cause_of = [this](std::map<std::string, std::string> keys) {
    const auto flasher = try_open(std::move(keys), EmulatedChip::size_bytes);
    return flasher ? Cause::internal : flasher.error().cause();
  };
  EXPECT_EQ(cause_of({{"through", "ssh 'dut"}}), Cause::mistake);
  EXPECT_EQ(cause_of({{"folder", "tmp"}}), Cause::mistake);
  EXPECT_EQ(cause_of({{"programmer", "internal\nreboot"}}), Cause::mistake);
  EXPECT_EQ(cause_of({{"layout", "halves"}, {"fmap", "true"}}), Cause::mistake);
}

TEST_F(FlashromInsideTest, HoldsTheWayToTheDutAgainstOthers) {
  const auto first = open_real();
  const auto second = try_open({}, EmulatedChip::size_bytes);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().cause(), Cause::busy);
}

/// A flashrom on the DUT that does what it is told.
class FakeFlashromInside : public InsideTest {
 protected:
  void SetUp() override {
    InsideTest::SetUp();
    image = folder.write("new.rom", content);
  }
  std::unique_ptr<Flasher> open_fake(std::map<std::string, std::string> keys = {}) {
    keys.emplace("programmer", fake.programmer());
    keys.emplace("program", FakeProgrammer::program());
    return open(std::move(keys), FakeProgrammer::size_bytes);
  }

  FakeProgrammer fake{folder.path() / "fake"};
  std::string old = fake.chip();
  std::string content = std::string(FakeProgrammer::size_bytes - 1, 'n') + "\r";
};

TEST_F(FakeFlashromInside, GoesOnWhenTheConnectionIsCutAndIsFoundAgain) {
  fake.trouble("wait");
  const auto report = write(*open_fake(), [this](FlashStage stage) {
    if (stage != FlashStage::erasing_and_writing) return;
    dut.cut_connection();
    fake.go_on();
  });
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->outcome, FlashOutcome::written);
  EXPECT_EQ(fake.chip(), content);
  EXPECT_TRUE(dut.is_tidy());
}

TEST_F(FakeFlashromInside, GoesOnOnADutWithoutSetsidWhenItsSessionIsHungUp) {
  dut.have_only({"sh", "cat", "mkdir", "rm", "mv", "wc", "tail", "head", "sleep", "grep", "touch", "cp", "sha256sum"});
  fake.trouble("wait");
  const auto report = write(*open_fake(), [this](FlashStage stage) {
    if (stage != FlashStage::erasing_and_writing) return;
    dut.hang_up();
    fake.go_on();
  });
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->outcome, FlashOutcome::written);
  EXPECT_EQ(fake.chip(), content);
}

TEST_F(FakeFlashromInside, ThatCannotBeReachedAgainLeavesAChipOfUnknownContentAndGoesOn) {
  fake.trouble("wait");
  const auto flasher = open_fake({{"reach-limit", "8 s"}});
  const auto report = write(*flasher, [this](FlashStage stage) {
    if (stage != FlashStage::erasing_and_writing) return;
    dut.trouble("refuse");
    dut.cut_connection();
  });
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::lost);
  EXPECT_THAT(report.error().text(), AllOf(HasSubstr("what the chip holds now is not known"),
                                           HasSubstr("Connection refused"), HasSubstr("do not restart the DUT")));
  dut.trouble("");
  const auto second = flasher->probe({}, soon());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().cause(), Cause::busy) << second.error().text();
  fake.go_on();
  fake.trouble("");
  for (auto found = flasher->probe({}, soon()); !found; found = flasher->probe({}, soon()))
    ASSERT_EQ(found.error().cause(), Cause::busy) << found.error().text();
  EXPECT_TRUE(fake.has_ended());
  EXPECT_EQ(fake.chip(), content);
  EXPECT_TRUE(dut.is_tidy());
}

TEST_F(FakeFlashromInside, ThatIsGoneWithItsDutLeavesAChipOfUnknownContent) {
  fake.trouble("hang-writing");
  const auto report = write(*open_fake(), [this](FlashStage stage) {
    if (stage != FlashStage::erasing_and_writing) return;
    dut.kill_keeper();
    dut.cut_connection();
  });
  while (fake.process() == 0) std::this_thread::yield();
  ::kill(fake.process(), SIGKILL);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::lost);
  EXPECT_THAT(report.error().text(), AllOf(HasSubstr("gone"), HasSubstr("not known")));
}

TEST_F(FakeFlashromInside, IsNotStartedAfterAConnectionThatBrokeOffBefore) {
  dut.trouble("");
  const auto report = write(*open_fake(), [this](FlashStage) { dut.trouble("no-start"); });
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().text(), HasSubstr("the chip was not changed"));
  EXPECT_EQ(fake.calls(), "");
  EXPECT_TRUE(dut.is_tidy());
}

TEST_F(FakeFlashromInside, IsEndedOnRequestBeforeTheChipChanges) {
  fake.trouble("hang-reading");
  const auto report = write(*open_fake(), [this](FlashStage stage) {
    if (stage == FlashStage::reading_old) stop.request_stop();
  });
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::stopped);
  EXPECT_THAT(report.error().text(), HasSubstr("the chip was not changed"));
  EXPECT_EQ(fake.chip(), old);
  EXPECT_TRUE(dut.is_tidy());
}

TEST_F(FakeFlashromInside, IsLetRunToItsEndOnceTheChipChanges) {
  fake.trouble("wait");
  const auto report = write(*open_fake(), [this](FlashStage stage) {
    if (stage != FlashStage::erasing_and_writing) return;
    stop.request_stop();
    fake.go_on();
  });
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->outcome, FlashOutcome::written);
}

TEST_F(FakeFlashromInside, IsSeenToChangeTheChipBeforeItIsEnded) {
  // What it wrote last has not come to us when we are asked to stop: it is looked for there.
  fake.trouble("wait");
  const auto report = write(*open_fake(), [this](FlashStage stage) {
    if (stage == FlashStage::reading_old) {
      while (!fake.is_changing()) std::this_thread::yield();
      stop.request_stop();
    }
    if (stage == FlashStage::erasing_and_writing) fake.go_on();
  });
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(fake.chip(), content);
}

TEST_F(FakeFlashromInside, IsKilledThereOnlyWhenWritingTakesLongerThanEver) {
  fake.trouble("hang-writing");
  const auto report = write(*open_fake({{"write-limit", "500 ms"}}));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::timeout);
  EXPECT_THAT(report.error().text(), AllOf(HasSubstr("undefined"), HasSubstr("do not restart the DUT")));
  EXPECT_TRUE(fake.process() == 0 || ::kill(fake.process(), 0) != 0) << "it still runs";
  EXPECT_TRUE(dut.is_tidy());
}

TEST_F(FakeFlashromInside, ThatIsKilledLeavesAChipOfUnknownContent) {
  fake.trouble("die");
  const auto report = write(*open_fake());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::lost);
  EXPECT_THAT(report.error().text(), AllOf(HasSubstr("signal 9"), HasSubstr("not known")));
}

TEST_F(FakeFlashromInside, SaysWhyTheDutIsNotReached) {
  const auto fault_with = [this](const std::string& trouble, const std::string& limit = "60 s") {
    dut.trouble(trouble);
    const auto report = write(*open_fake({{"reach-limit", limit}}));
    return report ? Fault() : report.error();
  };
  const Fault refused = fault_with("refuse");
  EXPECT_EQ(refused.cause(), Cause::missing);
  EXPECT_EQ(refused.where(), "bench/flash");
  EXPECT_THAT(refused.text(), HasSubstr("Connection refused"));
  EXPECT_EQ(fault_with("forbid").cause(), Cause::refused);
  EXPECT_EQ(fault_with("hang", "1 s").cause(), Cause::timeout);
  EXPECT_EQ(open_fake({{"through", "no-such-ssh dut"}})->probe({}, soon()).error().cause(), Cause::missing);
  EXPECT_THAT(stages, ElementsAre()) << "nothing was begun";
  EXPECT_EQ(fake.calls(), "");
}

TEST_F(FakeFlashromInside, WritesNothingThatDidNotArriveAsItWasSent) {
  dut.trouble("eat");
  const auto report = write(*open_fake());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::io);
  EXPECT_THAT(report.error().text(), HasSubstr("did not arrive as it was sent"));
  EXPECT_EQ(fake.chip(), old);
  EXPECT_TRUE(dut.is_tidy());
}

TEST_F(FakeFlashromInside, WritesNothingThatTheDutCannotProve) {
  dut.have_only({"sh", "cat", "mkdir", "rm", "mv", "wc", "tail", "head", "sleep", "grep", "touch", "cp"});
  const auto report = write(*open_fake());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().cause(), Cause::missing);
  EXPECT_THAT(report.error().text(), HasSubstr("sha256sum"));
  EXPECT_EQ(fake.chip(), old);
}

TEST_F(FakeFlashromInside, TakesTheHashProgramOfFreeBsd) {
  dut.have_only({"sh", "cat", "mkdir", "rm", "mv", "wc", "tail", "head", "sleep", "grep", "touch", "cp"});
  dut.have_script("sha256", "/usr/bin/sha256sum | /usr/bin/cut -c 1-64\n");
  const auto report = write(*open_fake());
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(fake.chip(), content);
}

TEST_F(FakeFlashromInside, SaysThatTheDutHasNoFlashrom) {
  const auto found = open_fake({{"program", "no-such-flashrom"}})->probe({}, soon());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().cause(), Cause::missing);
  EXPECT_THAT(found.error().text(), HasSubstr("no such program"));
}

TEST_F(FakeFlashromInside, RemovesWhatAConnectionLeftThatNobodyFollows) {
  fs::create_directories(dut.there() / "coldboot-flash");
  put_text(dut.there() / "coldboot-flash/keeper", "1\n");
  put_text(dut.there() / "coldboot-flash/boot", "of another boot\n");
  const auto report = write(*open_fake());
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_TRUE(dut.is_tidy());
}

}  // namespace
}  // namespace coldboot
