#include <algorithm>
#include <csignal>

#include "tests/flashing/flashed_bench.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

/// A run that ends in the middle of a write, which goes on when it is told to.
class CutRun : public FlashedBench {
 protected:
  void SetUp() override {
    FlashedBench::SetUp();
    put_text(folder.path() / "fake/chip", image("0.9", size));
    new_image = write_image("new.rom", "2.0", size);
    put_scenario({"flash: {image: new.rom}"});
    fake.trouble("once-wait");
    program = std::make_unique<RunningProgram>(arguments());
    ASSERT_TRUE(becomes_true([&] { return fake.is_changing(); }));
    EXPECT_TRUE(is_closed(2) && is_closed(3) && !is_closed(1));
    EXPECT_TRUE(state().chip_is_held && state().chip_is_in_doubt) << "should the host crash now";
  }
  [[nodiscard]] std::ptrdiff_t times_off() const { return std::ranges::count(edges(), "off 1"); }
  /// The guardian of the run, by the name it gives itself.
  [[nodiscard]] pid_t guardian() const {
    std::error_code gone;
    for (const auto& task : fs::directory_iterator(fmt::format("/proc/{}/task", program->pid()), gone)) {
      std::istringstream children(text_of(task.path() / "children"));
      for (pid_t child = 0; children >> child;) {
        if (text_of(fmt::format("/proc/{}/comm", child)) == "coldboot-guard\n") return child;
      }
    }
    return 0;
  }
  void expect_golden_first_in_the_next_run() {
    const ChildResult next = run();
    EXPECT_EQ(next.exit_status, 0) << next.output << reason();
    EXPECT_THAT(notes(),
                HasSubstr("a write of the firmware chip was cut before this run: the golden image is put back"));
    EXPECT_THAT(outcomes(), ElementsAre("restored", "written"));
    EXPECT_TRUE(chip_holds(text_of(new_image)));
    EXPECT_FALSE(state().chip_is_in_doubt);
    expect_safe();
  }

  std::string new_image;
  std::unique_ptr<RunningProgram> program;
};

TEST_F(CutRun, ThatIsKilledIsPartedFromTheChipOnceItsProgrammerHasEnded) {
  const auto before = times_off();
  program->signal(SIGKILL);
  EXPECT_EQ(program->wait(), 128 + SIGKILL);
  ASSERT_TRUE(becomes_true([&] { return times_off() > before; })) << "by the guardian";
  EXPECT_TRUE(is_closed(2) && is_closed(3)) << "the programmer works on";
  EXPECT_TRUE(lock().held);
  fake.go_on();
  EXPECT_TRUE(becomes_true([&] { return !lock().held; }));
  EXPECT_TRUE(fake.has_ended());
  EXPECT_TRUE(chip_holds(text_of(new_image)));
  EXPECT_TRUE(state().chip_is_in_doubt) << "nobody has read it back";
  EXPECT_THAT(coldboot({"status"}).output, HasSubstr("; its firmware chip was not written to the end"));
  expect_safe();
  EXPECT_FALSE(had_power());
  expect_golden_first_in_the_next_run();
}

TEST_F(CutRun, ThatIsKilledWithItsGuardianIsSeenToByTheNextOne) {
  const pid_t guard = guardian();
  ASSERT_NE(guard, 0);
  program->signal(SIGSTOP);  // it would replace its guardian
  ::kill(guard, SIGKILL);
  program->signal(SIGKILL);
  EXPECT_EQ(program->wait(), 128 + SIGKILL);
  EXPECT_TRUE(is_closed(2) && is_closed(3));
  const auto before = times_off();
  RunningProgram next(arguments());
  ASSERT_TRUE(becomes_true([&] { return times_off() > before; }));
  EXPECT_TRUE(is_closed(2) && is_closed(3)) << "the programmer works on";
  fake.go_on();
  EXPECT_EQ(next.wait(), 0) << reason();
  EXPECT_THAT(outcomes(), ElementsAre("restored", "written"));
  EXPECT_THAT(notes(), HasSubstr("the firmware chip was parted from its programmer"));
  EXPECT_TRUE(chip_holds(text_of(new_image)));
  expect_safe();
}

TEST_F(CutRun, ThatIsAskedToStopFinishesWhatItWrites) {
  program->signal(SIGTERM);
  ASSERT_TRUE(becomes_true([&] { return events_of(last_run()).find("stop-requested") != std::string::npos; }));
  EXPECT_TRUE(is_closed(2) && is_closed(3));
  fake.go_on();
  EXPECT_EQ(program->wait(), 128 + SIGTERM);
  EXPECT_EQ(result().at("verdict"), "aborted");
  EXPECT_THAT(outcomes(), ElementsAre("written"));
  EXPECT_TRUE(chip_holds(text_of(new_image)));
  EXPECT_FALSE(state().chip_is_in_doubt);
  EXPECT_FALSE(had_power());
  expect_safe();
}

}  // namespace
}  // namespace coldboot
