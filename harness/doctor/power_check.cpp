// A power cycle with proof: the DUT speaks when it has power, and is silent when it has none.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "harness/doctor/checks.hpp"
#include "harness/doctor/ear.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr Nanos switching_limit = 30s;
constexpr Nanos dying_time = 1s;  // a supply's capacitors feed a board for a part of that

constexpr const char* if_silent =
    "is the board's supply plugged in, is this the relay of this board, does the null-modem cable end at this console, "
    "and is `line` the board's rate?";
constexpr const char* if_fed =
    "the relay switches something else, or the board is fed by another cable: pull them one by one; at a tty "
    "`dtr-rts: low` stops feeding it by the console's";

class PowerCycle {
 public:
  PowerCycle(Examination& exam, const Ear& ear) : exam_(exam), ear_(ear), where_(exam.place("power")) {}
  PowerCycle(const PowerCycle&) = delete;
  PowerCycle& operator=(const PowerCycle&) = delete;
  /// The DUT is left without power, also by whoever was stopped in the middle.
  ~PowerCycle() {
    if (!may_be_on_) return;
    const auto off = exam_.open().power->set(Power::off, Until(exam_.clock().now() + switching_limit));
    if (!off) exam_.wrong(off.error().within("the DUT could not be left without power"));
  }

  /// Off, long enough for the supply to discharge; on, to the first byte; off in the middle of what is said then, so
  /// that silence proves something.
  void perform() {
    if (!is_off() || !stays_silent(exam_.bench.power.off_min)) return;
    const auto on = switch_to(Power::on);
    if (!on || !speaks(*on) || !is_off()) return;
    if (stays_silent(dying_time)) exam_.ok(where_, "the DUT speaks with power, and is silent without");
  }

 private:
  std::optional<PowerSwitched> switch_to(Power wanted) {
    if (wanted == Power::on) may_be_on_ = true;
    const auto switched = exam_.open().power->set(wanted, exam_.within(switching_limit));
    if (!switched) {
      exam_.wrong(switched.error());
      return std::nullopt;
    }
    if (wanted == Power::off) may_be_on_ = false;
    return *switched;
  }

  bool is_off() { return switch_to(Power::off).has_value(); }

  /// Whether nothing is said without power, once `settling` has passed.
  bool stays_silent(Nanos settling) {
    const auto last_words = listen(std::max(settling, dying_time));
    const auto heard = last_words ? listen(exam_.options.silent_for) : std::nullopt;
    if (!heard) return false;
    if (heard->bytes == 0) return true;
    exam_.wrong(where_,
                fmt::format("{} goes on though power is off: {} bytes in {}", heard->console, heard->bytes,
                            duration_text(exam_.options.silent_for)),
                if_fed);
    return false;
  }

  bool speaks(const PowerSwitched& on) {
    const auto heard = ear_.listen_for_a_byte(exam_.within(exam_.options.first_byte_within));
    if (!heard) {
      exam_.wrong(heard.error());
      return false;
    }
    if (heard->bytes == 0) {
      exam_.wrong(where_,
                  fmt::format("no console says anything within {} after power came",
                              duration_text(exam_.options.first_byte_within)),
                  if_silent);
      return false;
    }
    exam_.ok(exam_.place(heard->console),
             fmt::format("said its first byte {} after power came", seconds_text(heard->first - on.returned)));
    return true;
  }

  std::optional<Heard> listen(Nanos length) {
    const auto heard = ear_.listen(exam_.within(length));
    if (heard) return *heard;
    exam_.wrong(heard.error());
    return std::nullopt;
  }

  Examination& exam_;
  const Ear& ear_;
  const std::string where_;
  bool may_be_on_ = true;
};

std::uint64_t lost_bytes(const OpenDevices::Console& console) {
  const auto errors = console.stream->errors();
  return errors ? errors->overruns + errors->buffer_overruns : 0;
}

}  // namespace

void check_power(Examination& exam) {
  if (!exam.options.cycle_power || !exam.is_ours()) return;
  const std::string where = exam.place("power");
  if (exam.bench.pace == Pace::replay) {
    exam.ok(where, "is not cycled: the bench plays recordings");
    return;
  }
  const OpenDevices& open = exam.open();
  if (!open.power || open.consoles.empty()) {
    exam.wrong(where, "power is not cycled: it takes the power switch and a console, and one of them is not open",
               "mend what is wrong above");
    return;
  }
  const auto ear = Ear::on(open.consoles);
  if (!ear) {
    exam.wrong(ear.error());
    return;
  }
  std::vector<std::uint64_t> before;
  std::ranges::transform(open.consoles, std::back_inserter(before), lost_bytes);
  PowerCycle(exam, *ear).perform();
  for (std::size_t i = 0; i < before.size(); ++i) {
    const std::uint64_t lost = lost_bytes(open.consoles[i]) - before[i];
    if (lost == 0) continue;
    exam.wrong(exam.place(open.consoles[i].entry.name), fmt::format("its port lost {} bytes of this boot", lost),
               "another USB port, fewer devices at its hub, or an adapter with a larger buffer");
  }
}

}  // namespace coldboot
