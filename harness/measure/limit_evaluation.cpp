#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "harness/measure/limit.hpp"
#include "harness/measure/sample.hpp"
#include "harness/measure/verdict.hpp"

namespace coldboot {
namespace {

/// One operand over the boots of a run.
struct Samples {
  std::vector<Interval> values;  ///< of each boot that counts
  int boots = 0;                 ///< of the configuration
  int lost = 0;                  ///< of those, lost to the bench
  int cut_short = 0;             ///< of those, stopped by somebody, or with a record that ends too early
  int endless_boots = 0;         ///< the DUT never got there
  bool known = false;            ///< some boot has a quantity of this name
  std::string missing;           ///< a marker that was not seen
};

/// The quantity of an operand, or why there is none.
struct Measured {
  Interval interval;
  Verdict blame = Verdict::pass;  ///< error or fail where it could not be measured
  std::string why;                ///< then for people; else what stands behind the value
  int boots = 0;
};

Interval silence_of(const SpanTime& time) {
  if (!time.missing.empty()) return {endless, endless, endless};
  const double slack = seconds(time.silence_slack);
  const double longest = seconds(time.silence);
  return {longest, std::max(0.0, longest - slack), longest + slack};
}

Samples samples_of(const LimitOperand& operand, LimitFunction function, std::span<const BootResult> boots) {
  Samples samples;
  for (const BootResult& boot : boots) {
    if (boot.configuration != operand.configuration || boot.verdict == Verdict::skipped) continue;
    ++samples.boots;
    const SpanTime* time = find_quantity(boot, operand.quantity);
    samples.known = samples.known || time != nullptr;
    if (!counts(boot)) {
      ++(boot.verdict == Verdict::aborted ? samples.cut_short : samples.lost);
      continue;
    }
    if (time == nullptr) continue;
    samples.values.push_back(function == LimitFunction::silence ? silence_of(*time) : interval_of(*time));
    if (samples.values.back().value == endless) {
      ++samples.endless_boots;
      samples.missing = time->missing;
    }
  }
  return samples;
}

Interval lowest_of(const std::vector<Interval>& values) {
  Interval lowest = values.front();
  for (const Interval& one : values) {
    lowest = {std::min(lowest.value, one.value), std::min(lowest.lower, one.lower), std::min(lowest.upper, one.upper)};
  }
  return lowest;
}

Interval highest_of(const std::vector<Interval>& values) {
  Interval highest = values.front();
  for (const Interval& one : values) {
    highest = {std::max(highest.value, one.value), std::max(highest.lower, one.lower),
               std::max(highest.upper, one.upper)};
  }
  return highest;
}

Interval reduce(LimitFunction function, const std::vector<Interval>& values) {
  switch (function) {
    case LimitFunction::lowest: return lowest_of(values);
    case LimitFunction::highest:
    case LimitFunction::silence: return highest_of(values);
    case LimitFunction::median:
    case LimitFunction::ratio:
    case LimitFunction::difference: return median_of(values);
  }
  return median_of(values);
}

std::string boots_text(int boots) {
  return fmt::format("{} boot{}", boots, boots == 1 ? "" : "s");
}

/// "; 1 boot lost to the bench; 2 boots cut short", or nothing.
std::string missing_from(const Samples& samples) {
  std::string text;
  if (samples.lost > 0) text += fmt::format("; {} lost to the bench", boots_text(samples.lost));
  if (samples.cut_short > 0) text += fmt::format("; {} cut short", boots_text(samples.cut_short));
  return text;
}

/// "5 boots; 1 boot lost to the bench; 2 boots never reached menu".
std::string standing_behind(const Samples& samples) {
  std::string text = boots_text(static_cast<int>(samples.values.size())) + missing_from(samples);
  if (samples.endless_boots > 0)
    text += fmt::format("; {} never reached {}", boots_text(samples.endless_boots), samples.missing);
  return text;
}

Measured unmeasured(Verdict blame, std::string why) {
  return {.interval = {}, .blame = blame, .why = std::move(why), .boots = 0};
}

Measured measure(const LimitOperand& operand, LimitFunction function, std::span<const BootResult> boots) {
  const Samples samples = samples_of(operand, function, boots);
  if (samples.boots == 0)
    return unmeasured(Verdict::error, fmt::format("no boot of {} was made", operand.configuration));
  if (!samples.known) {
    return unmeasured(Verdict::error,
                      fmt::format("{} has no span or measurement named {}", operand.configuration, operand.quantity));
  }
  if (samples.values.empty()) {
    return unmeasured(Verdict::error, fmt::format("{} was never measured{}", operand.text(), missing_from(samples)));
  }
  Measured measured{.interval = reduce(function, samples.values),
                    .blame = Verdict::pass,
                    .why = standing_behind(samples),
                    .boots = static_cast<int>(samples.values.size())};
  if (measured.interval.value == endless) {
    measured.blame = Verdict::fail;
    measured.why = fmt::format("{} has no value, the DUT did not get there: {}", operand.text(), measured.why);
  }
  return measured;
}

Interval divide(const Interval& a, const Interval& b) {
  return {a.value / b.value, a.lower / b.upper, b.lower > 0 ? a.upper / b.lower : endless};
}

Interval subtract(const Interval& a, const Interval& b) {
  return {a.value - b.value, a.lower - b.upper, a.upper - b.lower};
}

Measured combine(const LimitExpression& limit, const Measured& first, const Measured& second) {
  if (first.blame != Verdict::pass || second.blame != Verdict::pass) {
    return worse_of(first.blame, second.blame) == first.blame ? first : second;
  }
  const bool ratio = limit.function == LimitFunction::ratio;
  if (ratio && second.interval.value == 0) {
    return unmeasured(Verdict::error, fmt::format("{} took no time, so there is no ratio to it", limit.other->text()));
  }
  return {.interval = ratio ? divide(first.interval, second.interval) : subtract(first.interval, second.interval),
          .blame = Verdict::pass,
          .why = fmt::format("{}: {}; {}: {}", limit.operand.text(), first.why, limit.other->text(), second.why),
          .boots = first.boots + second.boots};
}

/// Whether every number of the interval, or none, satisfies the comparison.
Verdict compare(const Interval& known, Comparator comparator, double bound) {
  const auto verdict = [](bool all, bool none) {
    return all ? Verdict::pass : none ? Verdict::fail : Verdict::inconclusive;
  };
  const bool outside = bound < known.lower || bound > known.upper;
  const bool exactly = known.lower == bound && known.upper == bound;
  switch (comparator) {
    case Comparator::at_most: return verdict(known.upper <= bound, known.lower > bound);
    case Comparator::below: return verdict(known.upper < bound, known.lower >= bound);
    case Comparator::at_least: return verdict(known.lower >= bound, known.upper < bound);
    case Comparator::above: return verdict(known.lower > bound, known.upper <= bound);
    case Comparator::equal: return verdict(exactly, outside);
    case Comparator::unequal: return verdict(outside, exactly);
  }
  return Verdict::error;
}

std::string number_text(double number, const std::string& unit) {
  if (std::isinf(number)) return "any length";
  return unit.empty() ? fmt::format("{:.3f}", number) : fmt::format("{:.3f} {}", number, unit);
}

std::string range_text(const Interval& known, const std::string& unit) {
  const std::string value = number_text(known.value, unit);
  if (known.lower == known.upper) return value;
  return fmt::format("{} (between {} and {})", value, number_text(known.lower, unit), number_text(known.upper, unit));
}

std::optional<double> finite(double number) {
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

/// A limit none of whose operands is "*".
LimitResult evaluate_one(const LimitExpression& limit, std::span<const BootResult> boots) {
  Measured measured = measure(limit.operand, limit.function, boots);
  if (limit.other) measured = combine(limit, measured, measure(*limit.other, limit.function, boots));
  LimitResult result;
  result.unit = limit.unit();
  result.boots = measured.boots;
  if (measured.blame != Verdict::pass) {
    result.verdict = measured.blame;
    result.detail = measured.why;
    return result;
  }
  result.verdict = compare(measured.interval, limit.comparator, limit.bound);
  result.value = finite(measured.interval.value);
  result.lower = finite(measured.interval.lower);
  result.upper = finite(measured.interval.upper);
  result.detail =
      fmt::format("{} {}; {}", name_of(limit.function), range_text(measured.interval, result.unit), measured.why);
  if (result.verdict == Verdict::inconclusive) {
    result.detail += fmt::format("; the limit of {} lies inside that interval", number_text(limit.bound, result.unit));
  }
  return result;
}

/// The same limit with every "*" replaced by one configuration.
LimitExpression for_configuration(LimitExpression limit, const std::string& configuration) {
  if (limit.operand.configuration == "*") limit.operand.configuration = configuration;
  if (limit.other && limit.other->configuration == "*") limit.other->configuration = configuration;
  return limit;
}

bool is_for_each(const LimitExpression& limit) {
  return limit.operand.configuration == "*" || (limit.other && limit.other->configuration == "*");
}

std::vector<std::string> configurations_of(std::span<const BootResult> boots) {
  std::vector<std::string> names;
  for (const BootResult& boot : boots) {
    if (std::ranges::find(names, boot.configuration) == names.end()) names.push_back(boot.configuration);
  }
  return names;
}

}  // namespace

LimitResult evaluate(const LimitExpression& limit, std::span<const BootResult> boots) {
  if (!is_for_each(limit)) return evaluate_one(limit, boots);
  std::optional<LimitResult> worst;
  for (const std::string& configuration : configurations_of(boots)) {
    const LimitExpression one = for_configuration(limit, configuration);
    if (one.other && one.operand == *one.other) continue;  // a configuration beside itself says nothing
    LimitResult result = evaluate_one(one, boots);
    result.detail = fmt::format("{}: {}", configuration, result.detail);
    if (!worst || worst->verdict < result.verdict) worst = std::move(result);
  }
  if (worst) return *worst;
  LimitResult nothing;
  nothing.unit = limit.unit();
  nothing.verdict = Verdict::error;
  nothing.detail = "no boot was made that it could be measured on";
  return nothing;
}

}  // namespace coldboot
