#include <algorithm>

#include "tests/flashing/flashed_bench.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class FlashStepRun : public FlashedBench {
 protected:
  void SetUp() override {
    FlashedBench::SetUp();
    put_text(folder.path() / "fake/chip", image("0.9", size));
    new_image = write_image("new.rom", "2.0", size);
  }
  [[nodiscard]] int writes() const {
    int count = 0;
    std::istringstream calls(fake.calls());
    for (std::string line; std::getline(calls, line);) count += line.find(" -w ") == std::string::npos ? 0 : 1;
    return count;
  }
  /// Work on the chip and power, in the order of the journal.
  [[nodiscard]] std::vector<std::string> power_and_work() const {
    std::vector<std::string> all;
    for (const Json& event : events()) {
      if (event.at("type") == "chip-work") all.push_back(event.at("stage"));
      if (event.at("type") == "power-switched") all.push_back(event.at("wanted"));
    }
    return all;
  }
  std::string new_image;
};

TEST_F(FlashStepRun, WritesKeepsWhatWasThereAndSeesTheNewOneBoot) {
  put_bench(real_flash(), true);
  const std::string old = image("0.9", EmulatedChip::size_bytes);
  dummy.set(old);
  const std::string big = write_image("big.rom", "2.0", EmulatedChip::size_bytes);
  put_scenario({"flash: {image: big.rom}"});
  const ChildResult ended = run();
  ASSERT_EQ(ended.exit_status, 0) << ended.output << reason();
  EXPECT_EQ(result().at("verdict"), "pass");
  EXPECT_TRUE(dummy.content() == text_of(big));
  const auto puts = events("firmware-put");
  ASSERT_EQ(puts.size(), 1U);
  const Json& put = puts.front();
  const std::string hash = sha256_of(big).value();
  EXPECT_EQ(put.at("outcome"), "written");
  EXPECT_EQ(put.at("sha256"), hash);
  EXPECT_EQ(put.at("read_back"), hash);
  EXPECT_EQ(put.at("version"), "2.0");
  EXPECT_EQ(put.at("chip"), EmulatedChip::name);
  EXPECT_THAT(put.at("programmer").get<std::string>(), HasSubstr("flashrom on dummy:emulate=MX25L6436"));
  EXPECT_TRUE(text_of(put.at("backup").get<std::string>()) == old);
  EXPECT_TRUE(fs::exists(fs::path(put.at("log").get<std::string>()) / "flashrom-write.log"));
  EXPECT_EQ(put.at("saved_ns"), 0);
  EXPECT_THAT(power_and_work(),
              ElementsAre("looking-at-image", "taking-power", "off", "discharging", "connecting", "reading-old",
                          "writing", "writing: probing", "writing: reading-old", "writing: erasing-and-writing",
                          "writing: verifying", "reading-back", "parting", "off", "resting", "off", "on", "off"));
  EXPECT_THAT(edges(), ElementsAre("off 1", "on 2", "on 3", "off 3", "off 2", "off 1", "off 1", "on 1", "off 1"));
  expect_safe();
  EXPECT_FALSE(state().chip_is_in_doubt);
}

TEST_F(FlashStepRun, WritesNothingWhereTheChipHoldsTheImage) {
  for (const std::string by : {"chip", "banner"}) {
    put_text(folder.path() / "fake/chip", image("0.9", size));
    fs::remove(folder.path() / "fake/calls");
    put_scenario({"flash: {image: new.rom, if: changed, by: " + by + "}"}, "", 2);
    const ChildResult ended = run();
    ASSERT_EQ(ended.exit_status, 0) << ended.output << reason();
    EXPECT_THAT(outcomes(), ElementsAre("written", "unchanged"));
    const auto puts = events("firmware-put");
    EXPECT_GT(puts.at(1).at("saved_ns"), 0);
    EXPECT_EQ(puts.at(1).at("saved_ns"), puts.at(0).at("took_ns"));
    EXPECT_EQ(writes(), 1);
    put_scenario({"flash: {image: new.rom, if: changed, by: " + by + "}"});
    ASSERT_EQ(run().exit_status, 0);
    EXPECT_THAT(outcomes(), ElementsAre("unchanged")) << "the next run asks the chip";
    EXPECT_EQ(events("firmware-put").front().at("read_back"), sha256_of(new_image).value());
    EXPECT_EQ(writes(), 1);
  }
  expect_safe();
}

TEST_F(FlashStepRun, KnowsTheFirmwareByItsBannerAlone) {
  put_text(folder.path() / "fake/chip", image("2.0", size));
  put_scenario({}, "", 1, "30 s",
               "  seen: {profile: profile}\n"
               "  wanted: {profile: profile, steps: [{flash: {image: new.rom, if: changed, by: banner}}, "
               "{power-cycle: {off-for: 0 s}}, {expect: {marker: ready, within: 30 s}}]}\n");
  const ChildResult ended = run();
  ASSERT_EQ(ended.exit_status, 0) << ended.output << reason();
  EXPECT_THAT(outcomes(), ElementsAre("unchanged"));
  EXPECT_THAT(fake.calls(), IsEmpty()) << "the chip was not even asked";
}

TEST_F(FlashStepRun, PutsTheFirmwareOfEachConfigurationInTurn) {
  (void)write_image("other.rom", "3.0", size);
  put_scenario({}, "", 2, "30 s",
               "  a: {profile: profile, boot: {flash: new.rom}}\n  again: {profile: profile, boot: {flash: new.rom}}\n"
               "  b: {profile: profile, boot: {flash: other.rom}}\n");
  const ChildResult ended = run();
  ASSERT_EQ(ended.exit_status, 0) << ended.output << reason();
  EXPECT_THAT(outcomes(), ElementsAre("written", "unchanged", "written", "written", "unchanged", "written"));
  EXPECT_TRUE(chip_holds(image("3.0", size)));
  expect_safe();
}

TEST_F(FlashStepRun, PutsTheGoldenImageBackWhenAsked) {
  put_scenario({"recover: {}"});
  const ChildResult ended = run();
  ASSERT_EQ(ended.exit_status, 0) << ended.output << reason();
  EXPECT_THAT(outcomes(), ElementsAre("restored"));
  EXPECT_TRUE(chip_holds(text_of(golden)));
  const auto switched = events("power-switched");
  EXPECT_EQ(std::ranges::count_if(switched, [](const Json& one) { return one.at("wanted") == "on"; }), 2)
      << "once to see it boot, once for the boot itself";
  EXPECT_EQ(std::ranges::count_if(switched, [](const Json& one) { return one.value("aside", false); }), 1);
  const Json boot = result().at("boots").front();
  EXPECT_EQ(boot.at("verdict"), "pass");
  expect_safe();
}

TEST_F(FlashStepRun, BringsABoardIntoS5FirstWhereItsChipLivesOnStandbyPower) {
  put_bench(fake_flash(fmt::format(", s5: {{{}, channel: 4, after: 0 s, press: 1 ms, settle: 0 s}}", relay_keys())));
  put_scenario({"flash: {image: new.rom}"});
  const ChildResult ended = run();
  ASSERT_EQ(ended.exit_status, 0) << ended.output << reason();
  EXPECT_THAT(edges(), ElementsAre("off 1", "on 1", "on 4", "off 4", "on 2", "on 3", "off 3", "off 2", "off 1", "off 1",
                                   "on 1", "off 1"));
  EXPECT_TRUE(chip_holds(text_of(new_image)));
  EXPECT_TRUE(state().left_safe);
}

TEST_F(FlashStepRun, ClearsCmosOnlyWhereItHasWritten) {
  put_bench(fake_flash(fmt::format(", clear-cmos: {{{}, channel: 5, press: 1 ms}}", relay_keys())));
  put_scenario({"flash: {image: new.rom, if: changed}"});
  ASSERT_EQ(run().exit_status, 0) << reason();
  EXPECT_THAT(edges(), ElementsAre("off 1", "on 2", "on 3", "off 3", "off 2", "off 1", "on 5", "off 5", "off 1", "on 1",
                                   "off 1"));
  fs::remove(relays() / "log");
  ASSERT_EQ(run().exit_status, 0) << reason();
  EXPECT_THAT(edges(), Not(testing::Contains("on 5"))) << "it was there already";
  fs::remove(relays() / "log");
  put_text(folder.path() / "fake/chip", std::string(size, '\xff'));
  ASSERT_EQ(run().exit_status, 3);
  EXPECT_THAT(edges(), Not(testing::Contains("on 5"))) << "it was refused";
}

TEST_F(FlashStepRun, WaitsUntilBoardAndProgrammerHaveDischarged) {
  put_bench(fake_flash(", discharge: 50 ms"));
  put_scenario({"flash: {image: new.rom}"}, "", 2);
  ASSERT_EQ(run().exit_status, 0) << reason();
  constexpr std::int64_t discharged_ns = 50'000'000;
  std::int64_t off = 0;
  std::int64_t parting = 0;
  int touched = 0;
  bool is_on = true;
  for (const Json& event : events()) {
    const std::int64_t at = event.at("t_ns");
    if (event.at("type") == "power-switched" && event.at("wanted") == "off" && std::exchange(is_on, false)) off = at;
    if (event.at("type") == "power-switched" && event.at("wanted") == "on") {
      EXPECT_GE(at - parting, discharged_ns) << "from letting go of the chip to power";
      is_on = true;
    }
    if (event.at("type") != "chip-work") continue;
    if (event.at("stage") == "connecting") {
      EXPECT_GE(at - off, discharged_ns) << "from power off to touching the chip";
      ++touched;
    }
    if (event.at("stage") == "parting") parting = at;
  }
  EXPECT_EQ(touched, 2);
}

TEST_F(FlashStepRun, LooksAtTheBannerOfTheBootThatFollowsBeItTheNextOne) {
  put_text(relays() / "shows", "9.9");
  put_scenario({}, "", 1, "30 s",
               "  written: {profile: profile, steps: [{power-cycle: {off-for: 0 s}}, {expect: {marker: ready, within: "
               "30 s}}, {flash: {image: new.rom}}]}\n  seen: {profile: profile}\n");
  EXPECT_EQ(run().exit_status, 3);
  const Json boots = result().at("boots");
  ASSERT_EQ(boots.size(), 2U);
  EXPECT_EQ(boots[1].at("verdict"), "error");
  EXPECT_THAT(boots[1].at("reason").get<std::string>(), HasSubstr("the board shows firmware 9.9, expected 2.0"));
  expect_safe();
}

}  // namespace
}  // namespace coldboot
