#include <algorithm>
#include <memory>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/event/run_record.hpp"
#include "tests/io/listener.hpp"
#include "tests/no_keys.hpp"
#include "tests/run/bench_on_disk.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// A board behind a console server whose connection can be cut while the board boots.
class CutOffBoard {
 public:
  enum class Cut { in_the_middle, for_good, when_off };

  CutOffBoard(Cut cut, Listener& server) : cut_(cut), server_(server) {}
  ~CutOffBoard() {
    if (boot_.joinable()) boot_.join();
  }
  CutOffBoard(const CutOffBoard&) = delete;
  CutOffBoard& operator=(const CutOffBoard&) = delete;

  void switch_power(Power wanted) {
    if (wanted == Power::on) {
      boot_ = std::jthread([this] { boot(); });
      return;
    }
    if (boot_.joinable()) boot_.join();
    // Asked for a second time: the boot knows that power is off.
    if (cut_ == Cut::when_off && on_ == Power::off && line_.is_open()) line_.close();
    on_ = Power::off;
  }

 private:
  void boot() {
    on_ = Power::on;
    if (!line_.is_open()) line_ = server_.accept();
    say(line_, "PC Engines apu2\r\nBooting...\r\n");
    if (cut_ != Cut::when_off) line_.close();
    if (cut_ == Cut::for_good) {
      server_.close();
      return;
    }
    if (!line_.is_open()) line_ = server_.accept();
    say(line_, "8) Shell\r\n");
  }

  const Cut cut_;
  Listener& server_;
  Descriptor line_;
  Power on_ = Power::off;
  std::jthread boot_;
};

class BoardSwitch final : public PowerSwitch {
 public:
  explicit BoardSwitch(CutOffBoard& board) : board_(board) {}
  Result<PowerSwitched> set(Power wanted, const Until&) override {
    PowerSwitched done{.wanted = wanted};
    done.sent = std::chrono::steady_clock::now();
    board_.switch_power(wanted);
    done.returned = std::chrono::steady_clock::now();
    done.read_back = wanted;
    return done;
  }
  Result<std::optional<Power>> state(const Until&) override { return std::optional<Power>(); }

 private:
  CutOffBoard& board_;
};

class ConsoleLoss : public testing::Test {
 protected:
  RunOutcome run(CutOffBoard::Cut cut, int boots = 1) {
    board = std::make_unique<CutOffBoard>(cut, server);
    the_board = board.get();
    bench.write("bench.yaml", "coldboot: bench/1\nname: cut-off-" + std::to_string(::getpid()) +
                                  "\n"
                                  "power: {driver: cut-off, off-min: 500 ms}\n"
                                  "consoles:\n  com1: {driver: tcp, wait-if-lost: 1 s, address: \"127.0.0.1:" +
                                  std::to_string(server.port()) + "\"}\n");
    bench.write_scenario("good.yaml", "");
    Catalog catalog = driver_catalog();
    catalog.power.push_back({"cut-off", no_keys(), &open_switch});
    RunRequest request = bench.request(catalog);
    request.scenario.boots = boots;
    request.scenario.configurations.front().boot.clear();
    return BenchOnDisk::run(request);
  }
  static Result<std::unique_ptr<PowerSwitch>> open_switch(const DeviceEntry&, const std::string&, OpenContext&) {
    return std::unique_ptr<PowerSwitch>(std::make_unique<BoardSwitch>(*the_board));
  }
  static RunRecord record_of(const RunOutcome& outcome) {
    auto record = read_run_folder(outcome.folder);
    EXPECT_TRUE(record);
    return record ? std::move(*record) : RunRecord{};
  }
  /// Types of events, in order, of consoles.
  static std::vector<std::string> console_events(const BootRecord& boot) {
    std::vector<std::string> types;
    for (const Event& event : boot.events) {
      const std::string type(type_of(event.body));
      if (type.starts_with("console-")) types.push_back(type);
    }
    return types;
  }

  inline static CutOffBoard* the_board = nullptr;
  Listener server;
  BenchOnDisk bench;
  std::unique_ptr<CutOffBoard> board;
};

TEST_F(ConsoleLoss, InTheMiddleOfABootIsAnErrorAndTheRestIsRecorded) {
  const RunOutcome outcome = run(CutOffBoard::Cut::in_the_middle);
  EXPECT_EQ(outcome.result.verdict, Verdict::error);
  EXPECT_EQ(outcome.result.boots.at(0).reason_type, "console-lost");
  EXPECT_THAT(outcome.result.boots.at(0).reason, HasSubstr("back after"));
  for (const StepOutcome& step : outcome.result.boots.at(0).steps) EXPECT_EQ(step.verdict, Verdict::pass) << step.what;
  const RunRecord record = record_of(outcome);
  ASSERT_EQ(record.boots.size(), 1U);
  ASSERT_EQ(record.boots[0].consoles.size(), 1U);
  EXPECT_EQ(record.boots[0].consoles[0].raw, "PC Engines apu2\r\nBooting...\r\n8) Shell\r\n");
  EXPECT_TRUE(record.boots[0].damage.empty());
  EXPECT_THAT(console_events(record.boots[0]),
              testing::ElementsAre("console-opened", "console-lost", "console-opened"));
}

TEST_F(ConsoleLoss, ForGoodEndsTheBootAndIsAnError) {
  const RunOutcome outcome = run(CutOffBoard::Cut::for_good);
  EXPECT_EQ(outcome.result.verdict, Verdict::error);
  EXPECT_EQ(outcome.result.boots.at(0).reason_type, "console-lost");
  const auto& steps = outcome.result.boots.at(0).steps;
  const auto expect = std::ranges::find(steps, Verdict::error, &StepOutcome::verdict);
  ASSERT_NE(expect, steps.end());
  EXPECT_EQ(expect->fault.cause(), Cause::lost);
  EXPECT_THAT(expect->fault.text(), HasSubstr("not back in"));
  EXPECT_EQ(record_of(outcome).boots.at(0).consoles.at(0).raw, "PC Engines apu2\r\nBooting...\r\n");
}

TEST_F(ConsoleLoss, BetweenTwoBootsHarmsNeither) {
  const RunOutcome outcome = run(CutOffBoard::Cut::when_off, 2);
  EXPECT_EQ(outcome.result.verdict, Verdict::pass) << outcome.result.reason;
  for (const BootRecord& boot : record_of(outcome).boots) {
    EXPECT_EQ(boot.consoles.at(0).raw, "PC Engines apu2\r\nBooting...\r\n8) Shell\r\n");
  }
}

}  // namespace
}  // namespace coldboot
