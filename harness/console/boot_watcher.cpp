#include "harness/console/boot_watcher.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "harness/console/matcher.hpp"
#include "harness/console/text_cleaner.hpp"
#include "harness/core/text.hpp"

namespace coldboot {
namespace {

// Hits whose `after` marker has not counted yet, kept because that marker may turn out to have come earlier: it can be
// held back by its pattern, or be reported by another thread. Such a delay is a line or some milliseconds long.
constexpr std::size_t most_unmet = 256;
// Chunks kept before power_on() is told: those that arrived while the switching call returned.
constexpr std::size_t most_early = 64;
constexpr std::size_t longest_text = 500;

struct PlainText {
  std::string out;
  void text(std::uint64_t, std::string_view run) { out += run; }
  void line_break(std::uint64_t) {}
};

std::string without_controls(std::string_view bytes) {
  PlainText plain;
  TextCleaner().feed(0, bytes, plain);
  return std::move(plain.out);
}

/// A place in a boot, to be compared with a marker.
struct Point {
  const std::string& console;
  std::uint64_t begin;
  std::size_t line;
  Instant at;
};

template <class Hit>
Point point_of(const Hit& hit) {
  return {hit.console, hit.begin, hit.line, hit.at};
}

/// A console's clock: from raw offsets to times.
class ByteTimes {
 public:
  explicit ByteTimes(const ConsoleTiming& timing) { use(timing); }

  void use(const ConsoleTiming& timing) {
    resolution_ = timing.resolution;
    byte_ = timing.line && timing.resolution == Nanos{} ? timing.line->character_time() : Nanos{};
  }

  void add(const Chunk& chunk) { chunks_.push_back(chunk); }

  /// The chunk that holds the byte before raw offset `end`.
  [[nodiscard]] const Chunk& chunk_of(std::uint64_t end) const {
    const auto after = std::upper_bound(chunks_.begin(), chunks_.end(), end - 1,
                                        [](std::uint64_t byte, const Chunk& chunk) { return byte < chunk.offset; });
    return *(after - 1);
  }

  /// When byte `index` of the chunk arrived.
  [[nodiscard]] Instant at(const Chunk& chunk, std::uint64_t index) const {
    if (!chunk.stamped || byte_ == Nanos{}) return chunk.arrival;
    return std::max(chunk.not_before, chunk.arrival - byte_ * static_cast<int>(chunk.length - 1 - index));
  }

  /// The index of the first byte of the chunk that came at t0 or later; the chunk as a whole did.
  [[nodiscard]] std::uint64_t first_since(const Chunk& chunk, Instant t0) const {
    std::uint64_t index = 0;
    while (index + 1 < chunk.length && at(chunk, index) < t0) ++index;
    return index;
  }

  void forget_before(std::uint64_t raw_offset) {
    const auto needed = std::find_if(chunks_.begin(), chunks_.end(),
                                     [&](const Chunk& chunk) { return chunk.offset + chunk.length > raw_offset; });
    chunks_.erase(chunks_.begin(), needed);
  }

  [[nodiscard]] Nanos resolution() const { return resolution_; }

 private:
  Nanos resolution_{};
  Nanos byte_{};
  std::vector<Chunk> chunks_;  ///< those in which a hit not yet decided may end
};

/// A quiet marker whose line has not ended.
struct QuietHit {
  enum class State {
    waiting,   ///< nothing after it so far
    in_doubt,  ///< something came after it; the stamps do not tell how much later, so the rest of its line decides
    decided,   ///< it was quiet and has counted, or it was not
  };
  std::size_t marker = 0;
  MarkerHit hit;
  State state = State::waiting;
};

struct ConsoleState {
  ConsoleState(std::string its_name, const CompiledPlan& plan, const ConsoleTiming& timing)
      : name(std::move(its_name)),
        table(&plan.console(name)),
        main(plan.is_main(name)),
        matcher(table->patterns),
        times(timing),
        silence_seen(plan.failures().size()) {}

  std::string name;
  const CompiledPlan::Console* table;
  bool main;
  Matcher matcher;
  ByteTimes times;
  std::vector<QuietHit> quiet;
  std::optional<Chunk> last;
  std::optional<Instant> silent_since;
  std::vector<Instant> silence_seen;  ///< by failure: the start of the silence it was last asked about
};

struct MarkerState {
  std::optional<MarkerHit> first;
  std::optional<MarkerHit> last;
  std::size_t counted_when_last = 0;
};

}  // namespace

class BootWatcher::State {
 public:
  explicit State(std::shared_ptr<const CompiledPlan> plan)
      : plan_(std::move(plan)), markers_(plan_->markers().size()), repeated_by_(plan_->markers().size()) {
    for (std::size_t i = 0; i < plan_->failures().size(); ++i) {
      const CompiledPlan::Failure& failure = plan_->failures()[i];
      if (failure.repeats) repeated_by_[*failure.repeats].push_back(i);
      if (failure.plan.silent_for) silences_.push_back(i);
    }
  }

  void add_console(const std::string& name, const ConsoleTiming& timing) {
    const auto [known, added] = consoles_.try_emplace(name, name, *plan_, timing);
    if (!added) known->second.times.use(timing);
  }

  void power_on(Instant t0, std::vector<Found>& found) {
    found_ = &found;
    powered_ = true;
    t0_ = t0;
    if (!plan_->plan().console.empty()) console(plan_->plan().console);
    for (auto& [name, one] : consoles_) one.silent_since = t0;
    MarkerHit hit;
    hit.at = t0;
    hit.not_before = t0;
    offer(plan_->power_on(), std::move(hit), false);
    await_first_byte_ = true;
    for (const Early& early : std::exchange(early_, {})) {
      if (await_first_byte_) look_for_first_byte(*early.console, early.chunk, early.line);
    }
  }

  void assume_powered() {
    powered_ = true;
    t0_ = Instant::min();
    await_first_byte_ = true;
  }

  void power_off() {
    for (MarkerState& marker : markers_) marker.last.reset();  // what comes next is of another start, and no loop
    powered_ = false;
    await_first_byte_ = false;
    for (auto& [name, one] : consoles_) one.silent_since.reset();
  }

  void chunk(const std::string& name, const Chunk& chunk, std::string_view bytes, std::vector<Found>& found) {
    if (chunk.length == 0) return;
    found_ = &found;
    ConsoleState& one = console(name);
    if (one.silent_since && chunk.stamped) look_at_silence(one, one.times.at(chunk, 0) - one.times.resolution());
    if (!one.quiet.empty() && one.matcher.would_show(bytes)) end_quiet(one, chunk);
    look_for_first_byte(one, chunk, one.matcher.line());
    one.times.add(chunk);
    one.last = chunk;
    if (powered_ && chunk.stamped) one.silent_since = chunk.arrival;
    raw_hits_.clear();
    one.matcher.feed(bytes, raw_hits_);
    for (const RawHit& hit : raw_hits_) take(one, hit);
    one.times.forget_before(one.matcher.undecided_from());
  }

  void typing(const std::string& name, std::string_view bytes, std::uint64_t at_offset) {
    console(name).matcher.sent(bytes, at_offset);
  }

  void sent(const std::string& name, std::string_view bytes, Instant at, std::vector<Found>& found) {
    found_ = &found;
    const std::string typed = without_controls(bytes);
    for (std::size_t i = 0; i < plan_->markers().size(); ++i) {
      const CompiledPlan::Marker& marker = plan_->markers()[i];
      if (marker.sent.empty() || (!marker.console.empty() && marker.console != name)) continue;
      if (typed.find(without_controls(marker.sent)) == std::string::npos) continue;
      MarkerHit hit;
      hit.console = name;
      hit.at = at;
      hit.not_before = at;
      hit.text = printable(typed);
      offer(i, std::move(hit), false);
    }
  }

  void tick(Instant now, std::vector<Found>& found) {
    found_ = &found;
    for (auto& [name, one] : consoles_) {
      for (QuietHit& quiet : one.quiet) {
        if (quiet.state != QuietHit::State::waiting || now < quiet_at(one, quiet)) continue;
        quiet.state = QuietHit::State::decided;
        offer(quiet.marker, quiet.hit, false);
      }
      if (one.silent_since) look_at_silence(one, now - one.times.resolution());
    }
  }

  [[nodiscard]] Instant next_due() const {
    Instant due = Instant::max();
    for (const auto& [name, one] : consoles_) {
      for (const QuietHit& quiet : one.quiet) {
        if (quiet.state == QuietHit::State::waiting) due = std::min(due, quiet_at(one, quiet));
      }
      for (const std::size_t failure : silences_) {
        const auto start = silence_start(one, failure);
        if (start) due = std::min(due, *start + *plan_->failures()[failure].plan.silent_for + one.times.resolution());
      }
    }
    return due;
  }

  void finish(Instant at, std::vector<Found>& found) {
    tick(at, found);
    for (auto& [name, one] : consoles_) {
      decide_quiet(one, at, at);
      raw_hits_.clear();
      one.matcher.finish(raw_hits_);
      for (const RawHit& hit : raw_hits_) take(one, hit);
    }
    const ConsoleState* last = nullptr;
    for (const auto& [name, one] : consoles_) {
      if (one.main && one.last && (last == nullptr || one.last->arrival > last->last->arrival)) last = &one;
    }
    if (last == nullptr) return;
    const Chunk& chunk = *last->last;
    offer(plan_->last_byte(), byte_hit(*last, chunk, chunk.length - 1, last->matcher.line()), false);
  }

  [[nodiscard]] std::vector<std::string> gave_up() const {
    std::vector<std::string> names;
    for (const auto& [name, one] : consoles_) {
      for (const std::size_t pattern : one.matcher.gave_up())
        names.push_back(one.table->patterns->pattern(pattern).name);
    }
    return names;
  }

 private:
  struct Unmet {
    std::size_t marker = 0;
    MarkerHit hit;
  };
  struct Early {
    ConsoleState* console = nullptr;
    Chunk chunk;
    std::size_t line = 0;
  };

  ConsoleState& console(const std::string& name) {
    const auto known = consoles_.find(name);
    if (known != consoles_.end()) return known->second;
    ConsoleState& added = consoles_.emplace(name, ConsoleState(name, *plan_, {})).first->second;
    if (powered_ && t0_ != Instant::min()) added.silent_since = t0_;
    return added;
  }

  // --- bytes that mark something by themselves

  [[nodiscard]] static MarkerHit byte_hit(const ConsoleState& one, const Chunk& chunk, std::uint64_t index,
                                          std::size_t line) {
    MarkerHit hit;
    hit.console = one.name;
    hit.begin = chunk.offset + index;
    hit.end = hit.begin + 1;
    hit.line = line;
    hit.at = one.times.at(chunk, index);
    hit.not_before = chunk.not_before;
    hit.stamped = chunk.stamped;
    return hit;
  }

  void look_for_first_byte(ConsoleState& one, const Chunk& chunk, std::size_t line) {
    if (!one.main) return;
    if (!await_first_byte_) {
      if (powered_) return;
      if (early_.size() == most_early) early_.erase(early_.begin());
      early_.push_back({&one, chunk, line});
    } else if (chunk.arrival >= t0_) {
      await_first_byte_ = false;
      offer(plan_->first_byte(), byte_hit(one, chunk, one.times.first_since(chunk, t0_), line), false);
    }
  }

  // --- patterns

  void take(ConsoleState& one, const RawHit& raw) {
    const CompiledPlan::Use use = one.table->uses[raw.pattern];
    if (!use.is_marker) {
      offer_failure(use.index, failure_hit(one, raw), raw.held);
    } else if (plan_->markers()[use.index].quiet) {
      take_quiet(one, use.index, raw);
    } else {
      offer(use.index, marker_hit(one, raw), raw.held);
    }
  }

  [[nodiscard]] static MarkerHit marker_hit(const ConsoleState& one, const RawHit& raw) {
    const Chunk& chunk = one.times.chunk_of(raw.end);
    MarkerHit hit = byte_hit(one, chunk, raw.end - 1 - chunk.offset, raw.line);
    hit.begin = raw.begin;
    hit.text = printable(raw.text);
    for (const auto& [name, text] : raw.captures) hit.captures[name] = printable(text);
    return hit;
  }

  [[nodiscard]] static FailureHit failure_hit(const ConsoleState& one, const RawHit& raw) {
    const Chunk& chunk = one.times.chunk_of(raw.end);
    FailureHit hit;
    hit.console = one.name;
    hit.begin = raw.begin;
    hit.end = raw.end;
    hit.line = raw.line;
    hit.at = one.times.at(chunk, raw.end - 1 - chunk.offset);
    hit.text = printable_line(raw.line_text, longest_text);
    return hit;
  }

  /// A quiet marker comes held as soon as it matches, and final at the end of its line, which is too late unless
  /// the stamps do not tell. Blanks after it are part of many a prompt.
  void take_quiet(ConsoleState& one, std::size_t marker, const RawHit& raw) {
    MarkerHit hit = marker_hit(one, raw);
    const auto known = std::find_if(one.quiet.begin(), one.quiet.end(), [&](const QuietHit& quiet) {
      return quiet.marker == marker && quiet.hit.begin == hit.begin;
    });
    if (!raw.held) {
      const bool by_text =
          known == one.quiet.end() ? is_coarse(one, marker, hit) : known->state == QuietHit::State::in_doubt;
      if (known != one.quiet.end()) one.quiet.erase(known);
      if (by_text && raw.blank_after) offer(marker, std::move(hit), false);
    } else if (hit.stamped && raw.blank_after) {
      offer(marker, hit, true);
      if (known != one.quiet.end()) one.quiet.erase(known);
      one.quiet.push_back({marker, std::move(hit)});
    }
  }

  /// Whether the stamps cannot tell how long it was quiet after a hit that others followed in the same piece.
  [[nodiscard]] bool is_coarse(const ConsoleState& one, std::size_t marker, const MarkerHit& hit) const {
    return !hit.stamped || one.times.resolution() >= *plan_->markers()[marker].quiet;
  }

  /// When it has been quiet after the hit for long enough, whatever the stamps leave open.
  [[nodiscard]] Instant quiet_at(const ConsoleState& one, const QuietHit& quiet) const {
    return quiet.hit.at + *plan_->markers()[quiet.marker].quiet + one.times.resolution();
  }

  void end_quiet(ConsoleState& one, const Chunk& next) {
    std::erase_if(one.quiet, [&](const QuietHit& quiet) { return quiet.hit.line < one.matcher.line(); });
    const Instant earliest = next.stamped ? one.times.at(next, 0) : next.not_before;
    decide_quiet(one, earliest, next.stamped ? earliest : next.arrival);
  }

  /// The console was quiet until some time between `earliest` and `latest`.
  void decide_quiet(ConsoleState& one, Instant earliest, Instant latest) {
    for (QuietHit& quiet : one.quiet) {
      if (quiet.state != QuietHit::State::waiting) continue;
      const bool surely_quiet = earliest >= quiet_at(one, quiet);
      const bool surely_not = latest < quiet_at(one, quiet) - 2 * one.times.resolution();
      quiet.state = surely_quiet || surely_not ? QuietHit::State::decided : QuietHit::State::in_doubt;
      if (surely_quiet) offer(quiet.marker, quiet.hit, false);
    }
  }

  // --- markers

  [[nodiscard]] bool comes_after(std::optional<std::size_t> marker, const Point& point) const {
    if (!marker) return true;
    const auto& first = markers_[*marker].first;
    if (!first) return false;
    const bool same_text = first->console == point.console && first->line != 0 && point.line != 0;
    if (same_text && *marker != plan_->first_byte()) return first->end <= point.begin;
    return first->at <= point.at;
  }

  void offer(std::size_t marker, MarkerHit hit, bool held) {
    const CompiledPlan::Marker& plan = plan_->markers()[marker];
    hit.marker = plan.name;
    if (!comes_after(plan.after, point_of(hit))) {
      if (held) return;
      if (unmet_.size() == most_unmet) unmet_.erase(unmet_.begin());
      unmet_.push_back({marker, std::move(hit)});
    } else if (is_new(marker, hit)) {
      if (held) {
        found_->push_back({std::move(hit), true});
      } else {
        count(marker, std::move(hit));
      }
    }
  }

  [[nodiscard]] bool is_new(std::size_t marker, const MarkerHit& hit) const {
    const auto& within = plan_->markers()[marker].twice_within;
    return !within || !markers_[marker].last || is_later(marker, hit, *within);
  }

  /// Whether `hit` came `distance` or more after the last one of its marker; where the stamps cannot tell, whether
  /// another marker counted in between.
  [[nodiscard]] bool is_later(std::size_t marker, const MarkerHit& hit, Nanos distance) const {
    const MarkerState& state = markers_[marker];
    if (hit.stamped && state.last->stamped) {
      const auto one = consoles_.find(hit.console);
      const Nanos doubt = one == consoles_.end() ? Nanos{} : one->second.times.resolution();
      const Nanos gap = hit.at - state.last->at;
      if (gap - doubt >= distance) return true;
      if (gap + doubt < distance) return false;
    }
    return counted_ > state.counted_when_last;
  }

  void count(std::size_t marker, MarkerHit hit) {
    MarkerState& state = markers_[marker];
    const bool again = state.last && is_later(marker, hit, plan_->markers()[marker].twice_within.value_or(Nanos{}));
    if (!plan_->markers()[marker].builtin) ++counted_;
    state.counted_when_last = counted_;
    const bool first = !state.first;
    if (first) state.first = hit;
    state.last = hit;
    found_->push_back({hit, false});
    if (again) {
      for (const std::size_t failure : repeated_by_[marker]) offer_failure(failure, repeated_hit(hit), false);
    }
    if (first) count_unmet(marker);
  }

  [[nodiscard]] static FailureHit repeated_hit(const MarkerHit& hit) {
    FailureHit failure;
    failure.console = hit.console;
    failure.begin = hit.begin;
    failure.end = hit.end;
    failure.line = hit.line;
    failure.at = hit.at;
    failure.text = printable_line(hit.text, longest_text);
    return failure;
  }

  /// `marker` has counted for the first time: hits that had to come after it may count now.
  void count_unmet(std::size_t marker) {
    for (Unmet& unmet : std::exchange(unmet_, {})) {
      if (plan_->markers()[unmet.marker].after == marker) {
        offer(unmet.marker, std::move(unmet.hit), false);
      } else {
        unmet_.push_back(std::move(unmet));
      }
    }
  }

  // --- failures

  void offer_failure(std::size_t index, FailureHit hit, bool held) {
    const CompiledPlan::Failure& failure = plan_->failures()[index];
    const Point point = point_of(hit);
    if (!comes_after(failure.after, point)) return;
    if (failure.before && comes_after(failure.before, point)) return;
    auto& told = held ? told_held_ : told_;
    if (!told.emplace(failure.plan.failure, hit.console, hit.line).second) return;
    hit.failure = failure.plan.failure;
    hit.fatal = failure.plan.fatal;
    found_->push_back({std::move(hit), held});
  }

  /// When the silence a failure asks about began; nothing where it does not apply or was answered.
  [[nodiscard]] std::optional<Instant> silence_start(const ConsoleState& one, std::size_t index) const {
    const CompiledPlan::Failure& failure = plan_->failures()[index];
    if (!one.silent_since || (failure.console.empty() ? !one.main : failure.console != one.name)) return {};
    Instant start = *one.silent_since;
    if (failure.after) {
      const auto& after = markers_[*failure.after].first;
      if (!after) return {};
      start = std::max(start, after->at);
    }
    if (one.silence_seen[index] == start) return {};
    return start;
  }

  void look_at_silence(ConsoleState& one, Instant until) {
    for (const std::size_t index : silences_) {
      const Nanos length = *plan_->failures()[index].plan.silent_for;
      const auto start = silence_start(one, index);
      if (!start || until - *start < length) continue;
      one.silence_seen[index] = *start;
      FailureHit hit;
      hit.console = one.name;
      hit.begin = one.matcher.received();
      hit.end = hit.begin;
      hit.line = one.matcher.line();
      hit.at = *start + length;
      hit.text = "silent for " + duration_text(length);
      offer_failure(index, std::move(hit), false);
    }
  }

  std::shared_ptr<const CompiledPlan> plan_;
  std::map<std::string, ConsoleState> consoles_;
  std::vector<MarkerState> markers_;                   ///< by marker
  std::vector<std::vector<std::size_t>> repeated_by_;  ///< by marker: failures that ask whether it repeats
  std::vector<std::size_t> silences_;                  ///< failures that ask for silence
  std::vector<Unmet> unmet_;
  std::vector<Early> early_;
  std::set<std::tuple<std::string, std::string, std::size_t>> told_;
  std::set<std::tuple<std::string, std::string, std::size_t>> told_held_;
  std::size_t counted_ = 0;  ///< hits that counted, of the plan's own markers
  bool powered_ = false;
  bool await_first_byte_ = false;
  Instant t0_{};
  std::vector<RawHit> raw_hits_;
  std::vector<Found>* found_ = nullptr;
};

BootWatcher::BootWatcher(std::shared_ptr<const CompiledPlan> plan) : state_(std::make_unique<State>(std::move(plan))) {}
BootWatcher::~BootWatcher() = default;
BootWatcher::BootWatcher(BootWatcher&&) noexcept = default;
BootWatcher& BootWatcher::operator=(BootWatcher&&) noexcept = default;

void BootWatcher::add_console(const std::string& console, const ConsoleTiming& timing) {
  state_->add_console(console, timing);
}

void BootWatcher::power_on(Instant t0, std::vector<Found>& found) {
  state_->power_on(t0, found);
}

void BootWatcher::assume_powered() {
  state_->assume_powered();
}

void BootWatcher::power_off() {
  state_->power_off();
}

void BootWatcher::chunk(const std::string& console, const Chunk& chunk, std::string_view bytes,
                        std::vector<Found>& found) {
  state_->chunk(console, chunk, bytes, found);
}

void BootWatcher::typing(const std::string& console, std::string_view bytes, std::uint64_t at_offset) {
  state_->typing(console, bytes, at_offset);
}

void BootWatcher::sent(const std::string& console, std::string_view bytes, Instant at, std::vector<Found>& found) {
  state_->sent(console, bytes, at, found);
}

void BootWatcher::tick(Instant now, std::vector<Found>& found) {
  state_->tick(now, found);
}

Instant BootWatcher::next_due() const {
  return state_->next_due();
}

void BootWatcher::finish(Instant at, std::vector<Found>& found) {
  state_->finish(at, found);
}

std::vector<std::string> BootWatcher::gave_up() const {
  return state_->gave_up();
}

}  // namespace coldboot
