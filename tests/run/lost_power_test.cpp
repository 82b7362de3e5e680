#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/console/emulated_console.hpp"
#include "tests/no_keys.hpp"
#include "tests/run/bench_on_disk.hpp"

namespace coldboot {
namespace {

using testing::HasSubstr;

/// A relay that gives its DUT power, and what becomes of it once the DUT has spoken.
class WeakRelay {
 public:
  enum class Ends { holding, open, gone, unread };

  static Catalog catalog(Ends ends) {
    how_it_ends() = ends;
    return {.power = {},
            .consoles = {{"weak", no_keys(), &open_console}},
            .media = {},
            .relays = {{"weak", no_keys(), &open_relay}}};
  }

 private:
  class Board final : public Relay {
   public:
    explicit Board(std::shared_ptr<WeakRelay> parts) : parts_(std::move(parts)) {}
    Result<void> set(int, Contact wanted, const Until&) override {
      contact_ = wanted;
      reads_ = 0;
      if (wanted == Contact::closed) parts_->console_->say("PC Engines apu2\r\n");
      return {};
    }
    /// The first answer is the read back of switching.
    Result<std::optional<Contact>> read(int, const Until&) override {
      if (contact_ == Contact::open || ++reads_ == 1) return std::optional(contact_);
      switch (how_it_ends()) {
        case Ends::holding: return std::optional(contact_);
        case Ends::open: return std::optional(Contact::open);
        case Ends::gone: return Fault(Cause::lost, "board", "gone");
        case Ends::unread: break;
      }
      return std::optional<Contact>();
    }
    [[nodiscard]] std::string description() const override { return "weak relay"; }

   private:
    std::shared_ptr<WeakRelay> parts_;
    Contact contact_ = Contact::open;
    int reads_ = 0;
  };

  static Ends& how_it_ends() {
    static Ends ends = Ends::holding;
    return ends;
  }
  static Result<std::unique_ptr<Relay>> open_relay(const DeviceEntry&, const std::string&, OpenContext& context) {
    return std::unique_ptr<Relay>(std::make_unique<Board>(parts_of(context)));
  }
  static Result<std::unique_ptr<ByteStream>> open_console(const DeviceEntry&, const std::string&,
                                                          OpenContext& context) {
    auto console = std::make_unique<EmulatedConsole>();
    parts_of(context)->console_ = console.get();
    return std::unique_ptr<ByteStream>(std::move(console));
  }
  static std::shared_ptr<WeakRelay> parts_of(OpenContext& context) {
    return context.parts.get<WeakRelay>([] { return std::make_shared<WeakRelay>(); });
  }

  EmulatedConsole* console_ = nullptr;
};

RunOutcome run_with(WeakRelay::Ends ends) {
  const BenchOnDisk bench;
  bench.write("bench.yaml",
              "coldboot: bench/1\nname: weak-" + std::to_string(::getpid()) +
                  "\npower: {driver: weak, off-min: 0 s, settle: 0 s}\nconsoles: {com1: {driver: weak}}\n");
  bench.write("scenario.yaml",
              "coldboot: scenario/1\nname: weak\nconfigurations: {small: {profile: small}}\n"
              "steps: [power-on, {expect: {marker: banner, within: 60 s}}, {expect: {marker: menu, within: 50 ms}}, "
              "power-off]\n");
  return BenchOnDisk::run(bench.request(WeakRelay::catalog(ends)));
}

TEST(LostPower, IsTheBenchsFaultAndNotTheDuts) {
  const RunOutcome outcome = run_with(WeakRelay::Ends::open);
  EXPECT_EQ(outcome.result.verdict, Verdict::error);
  EXPECT_THAT(outcome.result.reason, HasSubstr("reads back off in the middle of the boot"));
}

TEST(LostPower, IsFearedWhenTheRelayIsGone) {
  const RunOutcome outcome = run_with(WeakRelay::Ends::gone);
  EXPECT_EQ(outcome.result.verdict, Verdict::error);
  EXPECT_THAT(outcome.result.reason, HasSubstr("its relay cannot be asked"));
}

TEST(LostPower, IsNotBlamedWhileTheRelayHoldsOrCannotTell) {
  for (const auto ends : {WeakRelay::Ends::holding, WeakRelay::Ends::unread}) {
    const RunOutcome outcome = run_with(ends);
    EXPECT_EQ(outcome.result.verdict, Verdict::fail) << outcome.result.reason;
    EXPECT_THAT(outcome.result.reason, HasSubstr("no \"menu\" in 50 ms"));
  }
}

}  // namespace
}  // namespace coldboot
