#include <stop_token>

#include <fmt/format.h>

#include "drivers/catalog.hpp"
#include "harness/bench/bench.hpp"
#include "harness/cli/bench_use.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/stop_by_signal.hpp"
#include "harness/cli/telling.hpp"
#include "harness/core/pause.hpp"
#include "harness/measure/verdict.hpp"

namespace coldboot {
namespace {

constexpr Nanos call_limit = std::chrono::seconds(30);

/// The power of one bench in a person's hands.
class PowerInHand {
 public:
  PowerInHand(Bench& bench, std::stop_token stop) : bench_(bench), stop_(std::move(stop)) {}

  Result<void> turn(Power wanted) {
    auto switched = bench_.power().set(wanted, in_time());
    if (!switched) return switched.error();
    if (switched->read_back && *switched->read_back != wanted) {
      return Fault(Cause::protocol, bench_.file().name + "/power",
                   fmt::format("switched {}, but it reads back {}", name_of(wanted), name_of(*switched->read_back)),
                   "check the board's supply and wiring");
    }
    print(fmt::format("{}: power {} ({})\n", bench_.file().name, name_of(wanted),
                      switched->read_back ? "read back" : "assumed: it cannot be read back"));
    return {};
  }

  /// Off first where the bench was left with power that nobody meant it to have.
  Result<void> turn_on() {
    if (bench_.lease()->found().left_safe) return turn(Power::on);
    print(fmt::format("{} was not left safe by its last holder: power is switched off first\n", bench_.file().name));
    return cycle();
  }

  /// Where somebody died over the firmware chip, once that has been parted from its programmer: cutting the supply of a
  /// board in S5 would cut a write that goes on.
  Result<void> turn_off() {
    if (bench_.lease()->found().chip_is_held) {
      print(fmt::format("{}: seeing to it that its firmware chip is parted from the programmer\n", bench_.file().name));
      if (auto rescued = bench_.rescue(stop_); !rescued) return rescued.error();
    }
    return turn(Power::off);
  }

  Result<void> cycle() {
    if (auto off = turn_off(); !off) return off;
    const Nanos pause = bench_.file().power.off_min;
    auto waited = let_pass(bench_.clock(), pause, Until(Instant::max(), stop_), bench_.file().name);
    return waited ? turn(Power::on) : waited;
  }

  Result<void> tell_state() {
    const auto state = bench_.power().state(in_time());
    if (!state) return state.error();
    if (*state) {
      print(fmt::format("{}: power {} (read back)\n", bench_.file().name, name_of(**state)));
      return {};
    }
    const auto& last = bench_.lease()->found().power;
    print(fmt::format("{}: power {}; it cannot be read back\n", bench_.file().name,
                      last ? fmt::format("{} as it was switched last", name_of(*last)) : "unknown"));
    return {};
  }

 private:
  [[nodiscard]] Until in_time() const { return Until(bench_.clock().now() + call_limit, stop_); }

  Bench& bench_;
  std::stop_token stop_;
};

Result<void> carry_out(const std::string& what, PowerInHand& power) {
  if (what == "cycle") return power.cycle();
  if (what == "status") return power.tell_state();
  return what == "on" ? power.turn_on() : power.turn_off();
}

/// Of a bench that somebody has: what its lock says. False when nobody has it.
bool tell_from_its_lock(const BenchFile& bench) {
  const auto path = bench_lock(bench.name);
  const auto lock = path ? look_at_lock(*path) : Result<LockView>(path.error());
  if (!lock || !lock->held) return false;
  const BenchState state = bench_state(*lock);
  print(fmt::format("{}: power {}; {}\n", bench.name, state.power ? name_of(*state.power) : "unknown", lock->holder));
  return true;
}

}  // namespace

int power_command(const PowerArguments& arguments) {
  const auto stop = StopBySignal::start();
  if (!stop) return exit_code::error;
  const auto file = bench_called(arguments.bench);
  if (!file) return exit_code::usage;
  if (file->pace == Pace::replay) {
    tell(Fault(Cause::mistake, file->file.string(), "a bench with `pace: replay` has no power to switch"));
    return exit_code::usage;
  }
  if (arguments.what == "status" && tell_from_its_lock(*file)) return exit_code::pass;
  auto lease = Lease::take(file->name, {.what = "coldboot power " + arguments.what});
  auto bench = lease ? Bench::open_power_alone(*file, driver_catalog(), std::move(*lease))
                     : Result<std::unique_ptr<Bench>>(lease.error());
  if (!bench) {
    tell(bench.error());
    return exit_status(bench.error().cause());
  }
  PowerInHand power(**bench, stop->token());
  const auto done = carry_out(arguments.what, power);
  if (arguments.what != "status" && (*bench)->lease()->is_chip_in_doubt()) tell_note(what_to_do_about_the_chip(*file));
  const bool on_purpose = done && arguments.what != "status";
  (*bench)->lease()->hand_back(on_purpose);
  if (done) return exit_code::pass;
  tell(done.error());
  return done.error().cause() == Cause::stopped ? exit_status(Verdict::aborted, stop->signal())
                                                : exit_status(done.error().cause());
}

}  // namespace coldboot
