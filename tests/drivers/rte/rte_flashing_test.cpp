#include <algorithm>
#include <unistd.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/catalog.hpp"
#include "harness/core/pause.hpp"
#include "harness/flashing/chip_job.hpp"
#include "harness/io/atomic_file.hpp"
#include "tests/drivers/rte/rte_emulator.hpp"
#include "tests/no_keys.hpp"
#include "tests/soon.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using EmulatorTrouble = RteEmulator::Trouble;

constexpr std::size_t chip_bytes = 8192;

/// A programmer on the RTE's own SPI pins. What it does is felt only by a chip whose lines are on.
class ProgrammerOnRte final : public Flasher {
 public:
  /// What becomes of the RTE while the chip is being written.
  static std::function<void()>& in_the_middle() {
    static std::function<void()> happens;
    return happens;
  }
  static std::string& content() {
    static std::string bytes;
    return bytes;
  }
  static Result<std::unique_ptr<Flasher>> open(const DeviceEntry&, const std::string&, OpenContext&) {
    return std::unique_ptr<Flasher>(std::make_unique<ProgrammerOnRte>());
  }

  Result<FlashChip> probe(const FlashRequest&, const Until&) override { return chip(); }
  Result<FlashReport> read(const std::filesystem::path& file, const FlashRequest&, const Until&) override {
    if (auto put = write_file_atomically(file, content()); !put) return put.error();
    return FlashReport{.chip = chip(), .outcome = FlashOutcome::read};
  }
  Result<FlashReport> write(const std::filesystem::path& image, const FlashRequest& request, const Until&) override {
    if (request.on_progress) request.on_progress({FlashStage::erasing_and_writing, {}});
    if (in_the_middle()) in_the_middle()();
    content() = text_of(image);
    return FlashReport{.chip = chip(), .outcome = FlashOutcome::written};
  }
  Result<FlashReport> verify(const std::filesystem::path&, const FlashRequest&, const Until&) override {
    return FlashReport{.chip = chip(), .outcome = FlashOutcome::verified};
  }
  Result<FlashReport> erase(const FlashRequest&, const Until&) override {
    return FlashReport{.chip = chip(), .outcome = FlashOutcome::erased};
  }
  [[nodiscard]] std::string description() const override { return "programmer on the RTE"; }

 private:
  static FlashChip chip() { return {.name = "W25Q64JV-.Q", .size_bytes = chip_bytes}; }
};

/// A board on an RTE whose firmware is written, in each of the orders in use.
class RteFlashing : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("COLDBOOT_LOCKS", (folder.path() / "locks").c_str(), 1);
    ProgrammerOnRte::content() = std::string(chip_bytes, 'o');
    ProgrammerOnRte::in_the_middle() = {};
  }
  void TearDown() override { EXPECT_THAT(rte.harm(), IsEmpty()); }

  [[nodiscard]] std::string output(int gpio) const {
    return fmt::format("driver: rte, url: \"{}\", gpio: {}", rte.url(), gpio);
  }
  [[nodiscard]] std::string s5() const {
    return fmt::format("s5: {{{}, after: 5 ms, press: 60 ms, settle: 5 ms}}", output(9));
  }
  [[nodiscard]] std::string three_lines() const {
    return fmt::format("lines: {{level: {{{}}}, vcc: {{{}}}, bus: {{{}}}}}", output(2), output(3), output(1));
  }

  void open(const std::string& flash) {
    Catalog catalog = driver_catalog();
    catalog.flashers.push_back({"on-rte", no_keys(), &ProgrammerOnRte::open});
    const std::string text = fmt::format(
        "coldboot: bench/1\nname: rack-{}\npower: {{{}, settle: 0 s, off-min: 0 s}}\nconsoles: {{com1: {{driver: tcp, "
        "address: "
        "\"127.0.0.1:9\"}}}}\nflash: {{driver: on-rte, size: 8 KiB, {}}}\n",
        ::getpid(), output(0), flash);
    const auto file = read_bench(text, folder.path() / "bench.yaml", catalog.tables());
    ASSERT_TRUE(file) << file.mistakes.front().text();
    auto lease = Lease::take(file->name, {});
    ASSERT_TRUE(lease) << lease.error().text();
    auto opened = Bench::open_power_alone(*file, catalog, std::move(*lease));
    ASSERT_TRUE(opened) << opened.error().text();
    bench = std::move(*opened);
  }

  Result<FirmwarePut> flash() {
    const ChipCustomer customer{
        .switch_power = [this](Power wanted, const Until& until) -> Result<void> {
          const auto switched = bench->power().set(wanted, until);
          return switched ? Result<void>() : switched.error();
        },
        .let_pass = [this](Nanos length, const Until& until) { return let_pass(bench->clock(), length, until, "rte"); },
        .tell = [](const std::string&) {}};
    return ChipJob(*bench, {.image = image}, customer).carry_out(soon());
  }
  bool all_lines_are_off() { return !rte.is_pressed(1) && !rte.is_pressed(2) && !rte.is_pressed(3); }

  TemporaryFolder folder;
  SteadyClock clock;
  RteEmulator rte{clock};
  std::string image = folder.write("new.rom", std::string(chip_bytes - 1, 'n') + "\n");
  std::unique_ptr<Bench> bench;
};

TEST_F(RteFlashing, InTheOrderOfTheFirstRteDrivesNoLineAndHoldsTheBoardInS5) {
  open(s5() + fmt::format(", clear-cmos: {{{}, press: 5 ms}}", output(11)));
  bool was_in_s5 = false;
  ProgrammerOnRte::in_the_middle() = [&] { was_in_s5 = rte.board_is_in_s5(); };
  const auto put = flash();
  ASSERT_TRUE(put) << put.error().text();
  EXPECT_TRUE(was_in_s5);
  EXPECT_THAT(rte.edges(), ElementsAre("+0", "+9", "-9", "-0", "+11", "-11"));
  EXPECT_EQ(ProgrammerOnRte::content(), text_of(image));
}

TEST_F(RteFlashing, InTheOrderOfTheSecondRtesTools) {
  open(s5() + ", " + three_lines() +
       ", connect: [level on, 2 ms, vcc on, 2 ms, bus on, 13 ms], disconnect: [vcc off, bus off, level off, 2 ms]");
  const auto put = flash();
  ASSERT_TRUE(put) << put.error().text();
  EXPECT_THAT(rte.edges(), ElementsAre("+0", "+9", "-9", "+2", "+3", "+1", "-3", "-1", "-2", "-0"));
}

TEST_F(RteFlashing, InTheOrderOfTheRtesOwnScript) {
  open(s5() + ", " + three_lines() +
       ", connect: [level on, 1 ms, bus on, 1 ms, vcc on, 2 ms], disconnect: [vcc off, bus off, level off]");
  const auto put = flash();
  ASSERT_TRUE(put) << put.error().text();
  EXPECT_THAT(rte.edges(), ElementsAre("+0", "+9", "-9", "+2", "+1", "+3", "-3", "-1", "-2", "-0"));
}

TEST_F(RteFlashing, GivesNoPowerWhileTheLinesAreDriven) {
  open(three_lines());
  Result<PowerSwitched> power = Fault();
  ProgrammerOnRte::in_the_middle() = [&] { power = bench->power().set(Power::on, soon()); };
  ASSERT_TRUE(flash());
  ASSERT_FALSE(power);
  EXPECT_EQ(power.error().cause(), Cause::refused);
  EXPECT_THAT(power.error().what(), HasSubstr("lines of the firmware chip are driven"));
  EXPECT_TRUE(bench->power().set(Power::on, soon())) << "and gives it afterwards";
}

TEST_F(RteFlashing, LeavesLinesAndPowerOffWhateverALineAnswers) {
  open(s5() + ", " + three_lines());
  for (const int pin : {1, 2, 3}) {
    for (const auto trouble :
         {EmulatorTrouble::error_with_200, EmulatorTrouble::no_json, EmulatorTrouble::hangs_up_after_acting}) {
      rte.put_trouble_at(pin, trouble);
      const auto put = flash();
      ASSERT_FALSE(put) << pin;
      EXPECT_TRUE(all_lines_are_off()) << put.error().text();
      EXPECT_FALSE(rte.board_has_power());
      EXPECT_EQ(ProgrammerOnRte::content(), std::string(chip_bytes, 'o'));
    }
  }
  EXPECT_TRUE(flash()) << "and nothing of that stays";
}

TEST_F(RteFlashing, LeavesLinesAndPowerOffWhateverTheyAnswerWhileTheyGo) {
  open(s5() + ", " + three_lines());
  for (const auto trouble :
       {EmulatorTrouble::error_with_200, EmulatorTrouble::no_json, EmulatorTrouble::hangs_up_after_acting}) {
    ProgrammerOnRte::in_the_middle() = [&] { rte.put_trouble_at(3, trouble); };
    (void)flash();
    EXPECT_TRUE(all_lines_are_off());
    EXPECT_FALSE(rte.board_has_power());
  }
}

TEST_F(RteFlashing, GivesNoPowerWhereALineStaysOn) {
  open(three_lines());
  ProgrammerOnRte::in_the_middle() = [&] { rte.stick(3); };
  const auto put = flash();
  ASSERT_FALSE(put);
  EXPECT_THAT(put.error().text(), HasSubstr("not known to be off"));
  const auto power = bench->power().set(Power::on, soon());
  ASSERT_FALSE(power);
  EXPECT_EQ(power.error().cause(), Cause::refused);
}

TEST_F(RteFlashing, IsAnErrorWhereAnOutputCannotBeSwitched) {
  open(three_lines());
  rte.make_input(2);
  rte.leave_out_of_configuration(1);
  const auto put = flash();
  ASSERT_FALSE(put);
  EXPECT_FALSE(rte.board_has_power());
}

TEST_F(RteFlashing, SurvivesARestartOfRteCtrlInTheMiddle) {
  open(s5() + ", " + three_lines());
  ProgrammerOnRte::in_the_middle() = [&] { rte.restart(); };
  (void)flash();
  EXPECT_TRUE(all_lines_are_off());
  EXPECT_FALSE(rte.board_has_power());
}

TEST_F(RteFlashing, PartsWhatADeadHolderLeftConnectedBeforeThereIsPower) {
  open(three_lines());
  {
    auto chip = bench->chip();
    ASSERT_TRUE(chip) << chip.error().text();
    ASSERT_TRUE(bench->power().set(Power::off, soon()));
    const auto connected = (*chip)->connect(soon());
    ASSERT_TRUE(connected) << connected.error().text();
    const auto lock = look_at_lock(bench_lock(bench->file().name).value());
    ASSERT_TRUE(lock);
    EXPECT_TRUE(bench_state(*lock).chip_is_held);
    put_text(folder.path() / "notes", lock->notes);
  }
  bench.reset();
  // As if the holder had been killed in the middle: its notes are there, and the lines are on.
  for (const int pin : {1, 3}) rte.press_by_hand(pin);
  const std::string lock = bench_lock(fmt::format("rack-{}", ::getpid())).value();
  put_text(lock, "somebody\n" + text_of(folder.path() / "notes"));
  open(three_lines());
  EXPECT_FALSE(bench->power().set(Power::on, soon()));
  ASSERT_TRUE(bench->rescue());
  EXPECT_TRUE(all_lines_are_off());
  EXPECT_TRUE(bench->power().set(Power::on, soon()));
}

}  // namespace
}  // namespace coldboot
