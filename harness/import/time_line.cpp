#include "harness/import/time_line.hpp"

#include <fmt/format.h>

#include "harness/core/units.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr Nanos longest_log = 20 * 366 * 24h;  // keeps sums within 63 bits whatever the bytes claim
constexpr std::size_t most_notes = 10;

/// How much earlier than its predecessor a stamp may be without meaning anything.
Nanos jitter_of(StampForm form) {
  return form == StampForm::printk ? Nanos(10ms) : Nanos(1s);  // CPUs differ a little in printk's clock
}

/// After how long a form starts over; nothing for those that never do.
std::optional<Nanos> period_of(const StampScheme& scheme) {
  if (scheme.source.form == StampForm::clock || scheme.source.form == StampForm::grabserial) {
    return 24h;
  }
  if (scheme.source.form == StampForm::month_day) {
    return (scheme.leap_year ? 366 : 365) * 24h;
  }
  return std::nullopt;
}

/// Goes through the stamps once, keeping the last believed one and what must be added to the next.
class Orderer {
 public:
  Orderer(const StampScheme& scheme, TimeLine& into)
      : scheme_(scheme), jitter_(jitter_of(scheme.source.form)), period_(period_of(scheme)), into_(into) {}

  /// `next` is the stamp after `stamp`, where there is one.
  void add(const LineStamp& stamp, const LineStamp* next) {
    if (scheme_.since_previous) {
      add_sum(stamp);
    } else if (into_.times.empty() && !restarted_) {
      accept(stamp);
    } else if (stamp.value >= last_) {
      add_forward(stamp, next);
    } else {
      add_backward(stamp, next);
    }
  }

  void finish() {
    if (unsaid_ > 0) {
      into_.notes.push_back(fmt::format("{} more like these", unsaid_));
    }
  }

 private:
  void note(std::string text) {
    if (into_.notes.size() < most_notes) {
      into_.notes.push_back(std::move(text));
    } else {
      ++unsaid_;
    }
  }

  void add_sum(const LineStamp& stamp) {
    last_ += stamp.value;
    if (last_ > longest_log) {
      last_ -= stamp.value;
      leave_out(stamp);
      return;
    }
    into_.times.push_back({stamp.line, last_});
  }

  void add_forward(const LineStamp& stamp, const LineStamp* next) {
    const bool alone = next != nullptr && next->value >= last_ && stamp.value - next->value > jitter_;
    if (alone) {
      leave_out(stamp);
    } else {
      accept(stamp);
    }
  }

  void add_backward(const LineStamp& stamp, const LineStamp* next) {
    const Nanos back = last_ - stamp.value;
    if (back <= jitter_) {
      accept({stamp.line, last_});
    } else if (is_dut_stamp(scheme_.source.form)) {
      begin_another_boot(stamp);
    } else if (period_ && back > *period_ / 2 && back < *period_ && shift_ < longest_log) {
      shift_ += *period_;
      note(fmt::format("line {}: {} passed", stamp.line, *period_ == 24h ? "midnight" : "the new year"));
      accept(stamp);
    } else if (next != nullptr && next->value >= last_) {
      leave_out(stamp);
    } else {
      go_on_from_the_last(stamp, back);
    }
  }

  void accept(const LineStamp& stamp) {
    if (restarted_) {
      last_ = stamp.value;
      return;
    }
    const Nanos at = stamp.value + shift_;
    if (!into_.times.empty() && at - into_.times.front().at > longest_log) {
      leave_out(stamp);
      return;
    }
    last_ = stamp.value;
    into_.times.push_back({stamp.line, at});
  }

  void leave_out(const LineStamp& stamp) {
    note(fmt::format("line {}: its stamp fits neither neighbour and is left out", stamp.line));
  }

  void go_on_from_the_last(const LineStamp& stamp, Nanos back) {
    shift_ += back;
    last_ = stamp.value;
    note(
        fmt::format("line {}: the clock was set back by {}; time goes on from the line before, and "
                    "durations across it are too short by however long that pause was",
                    stamp.line, seconds_text(back)));
  }

  void begin_another_boot(const LineStamp& stamp) {
    restarted_ = true;
    last_ = stamp.value;
    note(fmt::format("line {}: the kernel's clock starts over, another boot begins; times from here on are not known",
                     stamp.line));
  }

  const StampScheme& scheme_;
  Nanos jitter_;
  std::optional<Nanos> period_;
  TimeLine& into_;
  Nanos last_{};            // the stamp before, as written; of deltas, their sum
  Nanos shift_{};           // what to add to a stamp as written
  std::size_t unsaid_ = 0;  // notes beyond the most anybody reads
  bool restarted_ = false;  // another boot began: nothing gets a time any more
};

}  // namespace

TimeLine put_in_order(const std::vector<LineStamp>& stamps, const StampScheme& scheme) {
  TimeLine line;
  Orderer orderer(scheme, line);
  for (std::size_t i = 0; i < stamps.size(); ++i) {
    orderer.add(stamps[i], i + 1 < stamps.size() ? &stamps[i + 1] : nullptr);
  }
  orderer.finish();
  return line;
}

}  // namespace coldboot
