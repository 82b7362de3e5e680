#include "harness/console/pattern_set.hpp"

#include <utility>

#include <fmt/format.h>

namespace coldboot {

Result<void> check_pattern(std::string_view regex) {
  const auto compiled = Regex::compile(regex);
  if (!compiled) return compiled.error();
  return {};
}

std::vector<std::string> capture_names(std::string_view regex) {
  const auto compiled = Regex::compile(regex);
  return compiled ? compiled->capture_names() : std::vector<std::string>{};
}

Result<std::shared_ptr<const PatternSet>> PatternSet::compile(std::vector<Pattern> patterns, bool use_prefilter) {
  std::shared_ptr<PatternSet> set(new PatternSet);
  std::vector<std::string> filtered;
  for (const Pattern& pattern : patterns) {
    auto regex = Regex::compile(pattern.regex);
    if (!regex) return regex.error().within(pattern.name);
    set->regexes_.push_back(*std::move(regex));
    if (use_prefilter) filtered.push_back(pattern.regex);
  }
  set->prefilter_ = std::make_unique<const Prefilter>(filtered);
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (!use_prefilter || !set->prefilter_->taken()[i]) set->unfiltered_.push_back(i);
  }
  set->patterns_ = std::move(patterns);
  return std::shared_ptr<const PatternSet>(std::move(set));
}

}  // namespace coldboot
