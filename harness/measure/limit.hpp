#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/result.hpp"
#include "harness/event/boot_plan.hpp"
#include "harness/measure/record.hpp"

namespace coldboot {

/// What a limit computes over the boots of a run.
enum class LimitFunction {
  median,      ///< the middle boot; a boot that never got there counts as endless
  lowest,      ///< written `min`
  highest,     ///< written `max`
  silence,     ///< the longest silence inside the span, of all boots
  ratio,       ///< median of one quantity over the median of another
  difference,  ///< median of one quantity less the median of another
};

enum class Comparator { at_most, below, at_least, above, equal, unequal };

/// As written in a limit: "median", "<=".
std::string_view name_of(LimitFunction function);
std::string_view name_of(Comparator comparator);

/// One quantity of one configuration: "xen.boot", "*.loader", "xen.power-on..menu".
struct LimitOperand {
  std::string configuration;  ///< "*" for each of the run's configurations
  std::string quantity;       ///< a span or a measurement, or "FROM..TO"
  std::string from;           ///< markers of a FROM..TO, else empty
  std::string to;
  [[nodiscard]] bool is_range() const { return !from.empty(); }
  [[nodiscard]] std::string text() const { return configuration + "." + quantity; }
  bool operator==(const LimitOperand&) const = default;
};

/// A limit, read. docs/reference/limits.md gives the grammar; so does the comment of parse_limit.
struct LimitExpression {
  LimitFunction function = LimitFunction::median;
  LimitOperand operand;
  std::optional<LimitOperand> other;  ///< the second operand of ratio and difference
  Comparator comparator = Comparator::at_most;
  double bound = 0;  ///< seconds, or a plain number for a ratio
  [[nodiscard]] std::string unit() const { return function == LimitFunction::ratio ? "" : "s"; }
  bool operator==(const LimitExpression&) const = default;
};

/// Reads the text of a limit.
///
///     limit    = quantity comparator number [unit]
///     quantity = FUNCTION "(" operand ")" | ("ratio" "(" operand "/" operand ")")
///              | ("difference" "(" operand " - " operand ")") | operand          (bare: its median)
///     FUNCTION = "median" | "min" | "max" | "silence"
///     operand  = (CONFIGURATION | "*") "." (SPAN | MEASUREMENT | MARKER ".." MARKER)
///
/// Names are letters, digits, `_` and `-`. Times need a unit (s, ms, min, ...), ratios must not have one.
/// Faults: `mistake`, saying at which character what was found and what was expected.
Result<LimitExpression> parse_limit(std::string_view text);

/// The marker ranges (FROM..TO) these limits ask for, each once, to be measured beside the plan's spans.
std::vector<SpanPlan> ranges_of(std::span<const LimitExpression> limits);

/// Judges a limit over the boots of a run. Interval arithmetic on the worst-case bounds of each boot: `pass` and
/// `fail` when the whole interval agrees, `inconclusive` when it straddles the bound. Boots lost to the bench are left
/// out and counted; a boot in which the DUT never got there counts as endless. Never measured: `error` when the bench
/// is to blame or nothing was booted, `fail` when the DUT is. With `*` each configuration is judged, the worst decides.
/// id, that and gate of the result are left to the caller.
LimitResult evaluate(const LimitExpression& limit, std::span<const BootResult> boots);

}  // namespace coldboot
