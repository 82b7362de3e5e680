#include "harness/measure/span_time.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace coldboot {
namespace {

/// One end of a span: it truly happened in [at - early, at + late].
struct SpanEnd {
  Instant at{};
  Nanos early{};
  Nanos late{};
  std::vector<UncertaintyTerm> terms;

  void may_be_earlier(std::string name, Nanos bound) {
    early += bound;
    add_term(std::move(name), bound);
  }
  void may_be_later(std::string name, Nanos bound) {
    late += bound;
    add_term(std::move(name), bound);
  }

 private:
  void add_term(std::string name, Nanos bound) {
    if (bound > Nanos(0)) terms.push_back({std::move(name), bound});
  }
};

Nanos resolution_of(const TimeBasis& basis, const std::string& console) {
  const auto found = basis.resolution.find(console);
  return found == basis.resolution.end() ? Nanos(0) : found->second;
}

SpanEnd power_end(const MarkerHit& hit, const TimeBasis& basis) {
  SpanEnd end{.at = hit.at};
  if (!basis.power_on) return end;
  end.may_be_earlier("switching call", basis.power_on->returned - basis.power_on->sent);
  end.may_be_later("switch acts after the command", basis.power_on->device_delay);
  end.may_be_later("supply comes up", basis.supply_delay);
  return end;
}

/// A stamp of a coarse log is cut off below (09:49:11 lasts a whole second); a live one can only be late.
SpanEnd console_end(const MarkerHit& hit, const TimeBasis& basis) {
  SpanEnd end{.at = hit.at};
  const bool bounded = hit.at != Instant::max();
  if (!hit.stamped && bounded)
    end.may_be_earlier(fmt::format("{} has no stamp of its own", hit.marker), hit.at - hit.not_before);
  const Nanos resolution = resolution_of(basis, hit.console);
  if (resolution > Nanos(0)) {
    end.may_be_later(fmt::format("stamp of {} is coarse", hit.marker), resolution);
    return end;
  }
  if (const auto held = basis.latency.find(hit.console); held != basis.latency.end())
    end.may_be_earlier(fmt::format("{}: the adapter holds bytes back", hit.marker), held->second);
  for (const UncertaintyTerm& term : basis.stamp_terms)
    end.may_be_earlier(fmt::format("{}: {}", hit.marker, term.name), term.bound);
  return end;
}

SpanEnd end_at(const MarkerHit& hit, const TimeBasis& basis) {
  if (hit.marker == builtin::power_on) return power_end(hit, basis);
  if (hit.begin == hit.end) return SpanEnd{.at = hit.at};  // what we sent: our own clock, nothing in between
  return console_end(hit, basis);
}

bool comes_after(const MarkerHit& to, const MarkerHit& from) {
  const bool same_text =
      !to.console.empty() && to.console == from.console && to.end > to.begin && from.end > from.begin;
  if (same_text) return to.end > from.end || (to.end == from.end && to.marker != from.marker);
  return to.at >= from.at && to.marker != from.marker;
}

void set_silence(const TimeBasis& basis, const std::string& console, Instant from, Instant to, SpanTime& time) {
  const std::string& name = console.empty() ? basis.main_console : console;
  const auto gaps = basis.gaps.find(name);
  if (gaps == basis.gaps.end()) return;
  time.silence = longest_silence(gaps->second, from, to);
  time.silence_slack = resolution_of(basis, name);
}

void set_duration(const MarkerHit& from_hit, const MarkerHit& to_hit, const TimeBasis& basis, SpanTime& time) {
  const SpanEnd from = end_at(from_hit, basis);
  const SpanEnd to = end_at(to_hit, basis);
  const Nanos duration = std::max(Nanos(0), to.at - from.at);
  const auto drift = Nanos(std::llround(std::abs(static_cast<double>(duration.count())) * basis.clock_ppm * 1e-6));
  time.duration = duration;
  time.budget = from.terms;
  time.budget.insert(time.budget.end(), to.terms.begin(), to.terms.end());
  if (drift > Nanos(0)) time.budget.push_back({"rate of the clock", 2 * drift});
  time.lower = std::max(Nanos(0), duration - to.early - from.late - drift);
  time.upper = duration + to.late + from.early + drift;
}

void set_longer_than(Nanos duration, SpanTime& time) {
  time.censored = true;
  time.duration = time.lower = time.upper = std::max(Nanos(0), duration);
}

}  // namespace

SpanTime time_span(const SpanPlan& span, std::span<const MarkerHit> hits, const TimeBasis& basis) {
  SpanTime time;
  time.name = span.name;
  time.title = span.title;
  time.from = span.from;
  time.to = span.to;
  const auto from = std::ranges::find(hits, span.from, &MarkerHit::marker);
  if (from == hits.end()) {
    time.missing = span.from;
    return time;
  }
  const auto is_end = [&](const MarkerHit& hit) { return hit.marker == span.to && comes_after(hit, *from); };
  const auto to = std::ranges::find_if(hits, is_end);
  if (to == hits.end()) {
    time.missing = span.to;
    if (basis.gave_up && from->at <= *basis.gave_up) {
      set_longer_than(*basis.gave_up - from->at, time);
      set_silence(basis, from->console, from->at, *basis.gave_up, time);
    }
    return time;
  }
  const bool never_stamped = to->at == Instant::max();
  if (from->at == Instant::max()) {
    set_longer_than(Nanos(0), time);
  } else if (never_stamped) {
    set_longer_than(to->not_before - from->at, time);
  } else {
    set_duration(*from, *to, basis, time);
    set_silence(basis, to->console, from->at, to->at, time);
  }
  return time;
}

Nanos expanded_uncertainty(std::span<const UncertaintyTerm> budget) {
  double variance = 0;
  for (const UncertaintyTerm& term : budget) {
    const auto bound = static_cast<double>(term.bound.count());
    variance += bound * bound / 12;
  }
  return Nanos(std::llround(2 * std::sqrt(variance)));
}

}  // namespace coldboot
