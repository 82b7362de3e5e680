#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/console/emulated_console.hpp"
#include "tests/no_keys.hpp"
#include "tests/run/bench_on_disk.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// A DUT whose serial adapter feeds it: it goes on whatever its relay does.
class FedBoard {
 public:
  static Catalog catalog() {
    return {.power = {},
            .consoles = {{"fed", no_keys(), &open_console}},
            .media = {},
            .relays = {{"fed", no_keys(), &open_relay}}};
  }

 private:
  class Board final : public Relay {
   public:
    Result<void> set(int, Contact wanted, const Until&) override {
      contact_ = wanted;
      return {};
    }
    Result<std::optional<Contact>> read(int, const Until&) override { return std::optional(contact_); }
    [[nodiscard]] std::string description() const override { return "a relay"; }

   private:
    Contact contact_ = Contact::open;
  };
  class Console final : public EmulatedConsole {
   private:
    std::jthread speaking_{[this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        say(".");
        std::this_thread::sleep_for(5ms);
      }
    }};
  };

  static Result<std::unique_ptr<Relay>> open_relay(const DeviceEntry&, const std::string&, OpenContext&) {
    return std::unique_ptr<Relay>(std::make_unique<Board>());
  }
  static Result<std::unique_ptr<ByteStream>> open_console(const DeviceEntry&, const std::string&, OpenContext&) {
    return std::unique_ptr<ByteStream>(std::make_unique<Console>());
  }
};

TEST(Effect, OfSwitchingOffIsMissedWhereTheDutIsFedThroughItsSerialLine) {
  const BenchOnDisk bench;
  bench.write("bench.yaml", "coldboot: bench/1\nname: fed-" + std::to_string(::getpid()) +
                                "\npower: {driver: fed, off-min: 1 s, settle: 0 s, effect: {silent-after-off: 50 ms}}\n"
                                "consoles: {com1: {driver: fed}}\n");
  bench.write("scenario.yaml",
              "coldboot: scenario/1\nname: fed\nconfigurations: {small: {profile: small}}\nsteps: [power-on]\n");
  const RunOutcome outcome = BenchOnDisk::run(bench.request(FedBoard::catalog()));
  EXPECT_EQ(outcome.result.verdict, Verdict::error);
  EXPECT_THAT(outcome.result.reason, HasSubstr("after power was switched off, expected silence after 50 ms"));
}

/// A recorded board of a bench that wants to see the effect of switching.
RunOutcome run_with_effect(const std::string& effect, const std::string& recording) {
  const BenchOnDisk bench;
  bench.write("bench.yaml",
              "coldboot: bench/1\nname: small\npace: replay\npower: {driver: replay, off-min: 10 s, effect: " + effect +
                  "}\nconsoles:\n  com1: {driver: replay}\nmedia:\n  recording: {driver: replay}\n");
  bench.write("board.yaml", recording);
  bench.write_scenario("board.yaml");
  return BenchOnDisk::run(bench.request(driver_catalog()));
}

TEST(Effect, OfSwitchingOnIsMissedWhereNothingIsHeardInTime) {
  const std::string late = "coldboot: recording/1\nscript:\n  - {at: 6 s, text: \"BIOS version v4.10.0.2\\r\\n\"}\n";
  const RunOutcome outcome = run_with_effect("{byte-after-on: 5 s}", late);
  EXPECT_EQ(outcome.result.verdict, Verdict::error);
  EXPECT_THAT(outcome.result.reason, HasSubstr("not one byte on com1 in 5 s after power was switched on"));
}

TEST(Effect, IsSeenOnABoardThatFollowsItsPower) {
  const std::string good = BenchOnDisk::script("  - {at: 12 s, text: \"8) Shell\\r\\n\"}\n");
  const RunOutcome outcome = run_with_effect("{silent-after-off: 2 s, byte-after-on: 5 s}", good);
  EXPECT_EQ(outcome.result.verdict, Verdict::pass) << outcome.result.reason;
}

}  // namespace
}  // namespace coldboot
