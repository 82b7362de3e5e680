#include "harness/measure/sample.hpp"

#include <algorithm>

#include "harness/core/units.hpp"

namespace coldboot {
namespace {

double median_of_numbers(std::vector<double> numbers) {
  std::ranges::sort(numbers);
  const std::size_t middle = numbers.size() / 2;
  if (numbers.size() % 2 == 1) return numbers[middle];
  return (numbers[middle - 1] + numbers[middle]) / 2;
}

double median_of_member(std::span<const Interval> values, double Interval::* member) {
  std::vector<double> numbers;
  for (const Interval& value : values) numbers.push_back(value.*member);
  return median_of_numbers(std::move(numbers));
}

}  // namespace

Interval median_of(std::span<const Interval> values) {
  return {median_of_member(values, &Interval::value), median_of_member(values, &Interval::lower),
          median_of_member(values, &Interval::upper)};
}

const SpanTime* find_quantity(const BootResult& boot, std::string_view name) {
  for (const auto* times : {&boot.measurements, &boot.spans, &boot.ranges}) {
    const auto found = std::ranges::find(*times, name, &SpanTime::name);
    if (found != times->end()) return &*found;
  }
  return nullptr;
}

bool counts(const BootResult& boot) {
  return boot.verdict == Verdict::pass || boot.verdict == Verdict::inconclusive || boot.verdict == Verdict::fail;
}

Interval interval_of(const SpanTime& time) {
  if (!time.duration || (time.censored && !time.missing.empty())) return {endless, endless, endless};
  const double upper = time.censored ? endless : seconds(time.upper);
  return {seconds(*time.duration), seconds(time.lower), upper};
}

}  // namespace coldboot
