#include "harness/measure/limit.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/core/units.hpp"

namespace coldboot {
namespace {

struct FunctionName {
  std::string_view name;
  LimitFunction function;
};
constexpr std::array function_names{
    FunctionName{"median", LimitFunction::median}, FunctionName{"min", LimitFunction::lowest},
    FunctionName{"max", LimitFunction::highest},   FunctionName{"silence", LimitFunction::silence},
    FunctionName{"ratio", LimitFunction::ratio},   FunctionName{"difference", LimitFunction::difference},
};

struct ComparatorName {
  std::string_view name;
  Comparator comparator;
};
/// Longer ones first: "<=" begins with "<".
constexpr std::array comparator_names{
    ComparatorName{"<=", Comparator::at_most}, ComparatorName{">=", Comparator::at_least},
    ComparatorName{"==", Comparator::equal},   ComparatorName{"!=", Comparator::unequal},
    ComparatorName{"<", Comparator::below},    ComparatorName{">", Comparator::above},
};

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// The text of a limit and how far it has been read.
class LimitText {
 public:
  explicit LimitText(std::string_view text) : text_(text) { skip_space(); }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] std::size_t position() const { return at_; }
  void back_to(std::size_t position) { at_ = position; }

  bool take(std::string_view wanted) {
    if (!rest().starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }

  std::string_view take_name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_name_character(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  std::string_view take_all() {
    const std::string_view all = rest();
    at_ = text_.size();
    return all;
  }

  [[nodiscard]] Fault expected(std::string_view what, std::string hint = {}) const {
    const std::string found = at_end() ? "the end" : fmt::format("\"{}\"", printable_line(rest(), 20));
    return Fault(
        Cause::mistake, "",
        fmt::format("limit \"{}\", character {}: found {}, expected {}", printable_line(text_), at_ + 1, found, what),
        std::move(hint));
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

Result<std::string> read_configuration(LimitText& text) {
  if (text.take("*")) return std::string("*");
  const std::string_view name = text.take_name();
  if (name.empty()) return text.expected("a configuration or \"*\", as in \"xen.boot\"");
  return std::string(name);
}

Result<LimitOperand> read_operand(LimitText& text) {
  LimitOperand operand;
  auto configuration = read_configuration(text);
  if (!configuration) return configuration.error();
  operand.configuration = *configuration;
  if (!text.take(".")) {
    return text.expected(fmt::format("\".\" after the configuration \"{}\", as in \"{}.boot\"", operand.configuration,
                                     operand.configuration));
  }
  operand.quantity = text.take_name();
  if (operand.quantity.empty()) return text.expected("a span, a measurement or a range FROM..TO");
  if (text.take("..")) {
    operand.from = operand.quantity;
    operand.to = text.take_name();
    if (operand.to.empty()) return text.expected(fmt::format("the marker at which {} ends", operand.text() + ".."));
    operand.quantity = operand.from + ".." + operand.to;
  }
  text.skip_space();
  return operand;
}

std::string known_functions() {
  std::string names;
  for (const FunctionName& known : function_names) names += fmt::format("{}{}", names.empty() ? "" : ", ", known.name);
  return names;
}

/// "median(" and the like; nothing where the limit begins with an operand.
Result<std::optional<LimitFunction>> read_function(LimitText& text) {
  const std::size_t begin = text.position();
  const std::string_view name = text.take_name();
  text.skip_space();
  if (!text.take("(")) {
    text.back_to(begin);
    return std::optional<LimitFunction>();
  }
  text.skip_space();
  for (const FunctionName& known : function_names) {
    if (known.name == name) return std::optional(known.function);
  }
  text.back_to(begin);
  return text.expected(fmt::format("one of {}", known_functions()));
}

bool takes_two(LimitFunction function) {
  return function == LimitFunction::ratio || function == LimitFunction::difference;
}

Result<void> read_other_operand(LimitText& text, LimitExpression& limit) {
  const bool ratio = limit.function == LimitFunction::ratio;
  if (!text.take(ratio ? "/" : "-")) {
    return text.expected(ratio ? "\"/\" and the quantity to divide by" : "\" - \" and the quantity to subtract",
                         ratio ? "" : "names may contain \"-\": put spaces around the minus sign");
  }
  text.skip_space();
  auto other = read_operand(text);
  if (!other) return other.error();
  limit.other = *other;
  return {};
}

Result<void> read_quantity(LimitText& text, LimitExpression& limit) {
  const auto function = read_function(text);
  if (!function) return function.error();
  limit.function = function->value_or(LimitFunction::median);
  auto operand = read_operand(text);
  if (!operand) return operand.error();
  limit.operand = *operand;
  if (!function->has_value()) return {};
  if (takes_two(limit.function)) {
    if (auto other = read_other_operand(text, limit); !other) return other.error();
  }
  if (!text.take(")")) return text.expected("\")\"");
  text.skip_space();
  return {};
}

Result<Comparator> read_comparator(LimitText& text) {
  for (const ComparatorName& known : comparator_names) {
    if (!text.take(known.name)) continue;
    text.skip_space();
    return known.comparator;
  }
  return text.expected("a comparison: <=, <, >=, >, == or !=");
}

Result<double> read_plain_number(LimitText& text) {
  double number = 0;
  const std::string_view rest = text.rest();
  const char* end = rest.data() + rest.size();
  const auto [after, failed] = std::from_chars(rest.data(), end, number, std::chars_format::fixed);
  if (failed != std::errc{} || !std::isfinite(number)) return text.expected("a number such as 1.25");
  text.back_to(text.position() + static_cast<std::size_t>(after - rest.data()));
  text.skip_space();
  if (!text.at_end()) return text.expected("nothing after the number: a ratio has no unit");
  return number;
}

Result<double> read_time(LimitText& text) {
  const std::size_t begin = text.position();
  const bool negative = text.take("-");
  std::string_view written = text.take_all();
  while (!written.empty() && (written.back() == ' ' || written.back() == '\t')) written.remove_suffix(1);
  const auto time = parse_duration(written);
  if (time) return negative ? -seconds(*time) : seconds(*time);
  text.back_to(begin);
  return text.expected("a time with its unit, such as \"240 s\" (ns, us, ms, s, min, h)");
}

}  // namespace

std::string_view name_of(LimitFunction function) {
  const auto* found = std::ranges::find(function_names, function, &FunctionName::function);
  return found->name;
}

std::string_view name_of(Comparator comparator) {
  const auto* found = std::ranges::find(comparator_names, comparator, &ComparatorName::comparator);
  return found->name;
}

Result<LimitExpression> parse_limit(std::string_view written) {
  LimitText text(written);
  LimitExpression limit;
  if (auto quantity = read_quantity(text, limit); !quantity) return quantity.error();
  const auto comparator = read_comparator(text);
  if (!comparator) return comparator.error();
  limit.comparator = *comparator;
  const auto bound = limit.function == LimitFunction::ratio ? read_plain_number(text) : read_time(text);
  if (!bound) return bound.error();
  limit.bound = *bound;
  return limit;
}

std::vector<SpanPlan> ranges_of(std::span<const LimitExpression> limits) {
  std::vector<SpanPlan> ranges;
  const auto add = [&](const LimitOperand& operand) {
    if (!operand.is_range()) return;
    const SpanPlan range{.name = operand.quantity, .from = operand.from, .to = operand.to, .title = {}};
    if (std::ranges::find(ranges, range) == ranges.end()) ranges.push_back(range);
  };
  for (const LimitExpression& limit : limits) {
    add(limit.operand);
    if (limit.other) add(*limit.other);
  }
  return ranges;
}

}  // namespace coldboot
