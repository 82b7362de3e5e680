#include "harness/measure/summary.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "harness/measure/attributes.hpp"
#include "harness/measure/sample.hpp"
#include "harness/measure/span_time.hpp"
#include "harness/measure/verdict.hpp"

namespace coldboot {
namespace {

using TimesOfBoot = std::vector<SpanTime> BootResult::*;

std::vector<const BootResult*> boots_of(const std::vector<BootResult>& boots, const std::string& configuration) {
  std::vector<const BootResult*> mine;
  for (const BootResult& boot : boots) {
    if (boot.configuration == configuration) mine.push_back(&boot);
  }
  return mine;
}

/// The middle of the times, a DUT that never got there counting as endless; nothing when the middle is endless.
std::optional<Nanos> median_time(std::vector<Nanos> times) {
  if (times.empty()) return std::nullopt;
  std::ranges::sort(times);
  const std::size_t middle = times.size() / 2;
  if (times[middle] == Nanos::max()) return std::nullopt;
  if (times.size() % 2 == 1) return times[middle];
  return times[middle - 1] + (times[middle] - times[middle - 1]) / 2;
}

Summary summarise_times(const std::string& name, const std::vector<const BootResult*>& boots, TimesOfBoot kind) {
  Summary summary;
  summary.name = name;
  std::vector<Nanos> times;
  for (const BootResult* boot : boots) {
    if (!counts(*boot)) continue;
    ++summary.boots;
    const auto time = std::ranges::find(boot->*kind, name, &SpanTime::name);
    if (time == (boot->*kind).end()) continue;
    summary.title = time->title;
    const bool seen = time->duration && !time->censored;
    times.push_back(seen ? *time->duration : Nanos::max());
    if (!seen) continue;
    ++summary.seen;
    summary.lowest = std::min(summary.lowest.value_or(Nanos::max()), *time->duration);
    summary.highest = std::max(summary.highest.value_or(Nanos::min()), *time->duration);
    summary.uncertainty = std::max(summary.uncertainty, expanded_uncertainty(time->budget));
  }
  summary.median = median_time(std::move(times));
  return summary;
}

std::vector<Summary> summarise_all(const std::vector<const BootResult*>& boots, TimesOfBoot kind) {
  std::vector<Summary> summaries;
  for (const BootResult* boot : boots) {
    for (const SpanTime& time : boot->*kind) {
      const bool known = std::ranges::find(summaries, time.name, &Summary::name) != summaries.end();
      if (!known) summaries.push_back(summarise_times(time.name, boots, kind));
    }
  }
  return summaries;
}

/// One table of a configuration: what was declared, and what its boots said; where they contradict each other, all of
/// it.
std::vector<Attribute> attribute_table(const ConfigurationInputs& configuration,
                                       const std::vector<const BootResult*>& boots) {
  std::map<std::string, Attribute> rows;
  for (const auto& [name, text] : configuration.declared) rows[name] = {name, text, "", true};
  for (const BootResult* boot : boots) {
    for (const Attribute& seen : boot->attributes) {
      Attribute& row = rows[seen.name];
      row.name = seen.name;
      if (row.declared.empty()) row.declared = seen.declared;
      row.agrees = row.agrees && seen.agrees;
      if (seen.observed.empty() || row.observed == seen.observed) continue;
      row.agrees = row.agrees && row.observed.empty();
      row.observed += fmt::format("{}{}", row.observed.empty() ? "" : " / ", seen.observed);
    }
  }
  std::vector<Attribute> table;
  for (auto& [name, row] : rows) table.push_back(std::move(row));
  return table;
}

/// The verdict of the boots of one configuration; errors of the bench count only where nothing else is left.
Verdict verdict_of(const std::vector<const BootResult*>& boots, bool forgive_errors) {
  Verdict worst = Verdict::skipped;
  for (const BootResult* boot : boots) {
    if (forgive_errors && boot->verdict == Verdict::error) continue;
    worst = worse_of(worst, boot->verdict);
  }
  return worst == Verdict::skipped && !boots.empty() ? boots.front()->verdict : worst;
}

ConfigurationResult summarise_configuration(const ConfigurationInputs& inputs, const std::vector<BootResult>& all,
                                            bool forgive) {
  const auto boots = boots_of(all, inputs.name);
  ConfigurationResult result;
  result.name = inputs.name;
  result.bench = inputs.bench;
  result.profile = inputs.profile;
  result.verdict = verdict_of(boots, forgive);
  result.attributes = attribute_table(inputs, boots);
  result.spans = summarise_all(boots, &BootResult::spans);
  result.measurements = summarise_all(boots, &BootResult::measurements);
  return result;
}

Comparison compare(const Summary& base, const Summary& other) {
  Comparison comparison;
  comparison.name = base.name;
  comparison.title = base.title.empty() ? other.title : base.title;
  comparison.base_time = base.median;
  comparison.other_time = other.median;
  if (!base.median || !other.median) return comparison;
  comparison.difference = *other.median - *base.median;
  if (base.median->count() > 0) {
    comparison.ratio = static_cast<double>(other.median->count()) / static_cast<double>(base.median->count());
  }
  return comparison;
}

void compare_all(const ConfigurationResult& base, const ConfigurationResult& other, bool measurements,
                 std::vector<Comparison>& comparisons) {
  const auto& mine = measurements ? base.measurements : base.spans;
  const auto& theirs = measurements ? other.measurements : other.spans;
  for (const Summary& summary : mine) {
    const auto found = std::ranges::find(theirs, summary.name, &Summary::name);
    if (found == theirs.end()) continue;
    Comparison comparison = compare(summary, *found);
    comparison.base = base.name;
    comparison.other = other.name;
    comparison.is_measurement = measurements;
    comparisons.push_back(std::move(comparison));
  }
}

const Attribute* find_attribute(const ConfigurationResult& configuration, const std::string& name) {
  const auto found = std::ranges::find(configuration.attributes, name, &Attribute::name);
  return found == configuration.attributes.end() ? nullptr : &*found;
}

/// Two observed texts have to be equal; what was only declared has to agree.
bool same_attribute(const Attribute& a, const Attribute& b) {
  if (!a.observed.empty() && !b.observed.empty()) return a.observed == b.observed;
  const std::string& mine = a.observed.empty() ? a.declared : a.observed;
  const std::string& other = b.observed.empty() ? b.declared : b.observed;
  return attributes_agree(mine, other);
}

std::string attribute_text(const Attribute& attribute) {
  return attribute.observed.empty() ? fmt::format("\"{}\" (declared)", attribute.declared)
                                    : fmt::format("\"{}\"", attribute.observed);
}

/// Why these configurations must not be compared; empty when they may.
std::string mismatch(const std::vector<ConfigurationResult>& configurations,
                     const std::vector<std::string>& must_match) {
  for (const std::string& name : must_match) {
    const Attribute* base = nullptr;
    for (const ConfigurationResult& configuration : configurations) {
      const Attribute* mine = find_attribute(configuration, name);
      if (mine == nullptr) {
        return fmt::format("must-match: \"{}\" is neither declared nor observed for {}", name, configuration.name);
      }
      if (base == nullptr) {
        base = mine;
      } else if (!same_attribute(*base, *mine)) {
        return fmt::format("must-match: \"{}\" is {} in {} but {} in {}: they are not comparable", name,
                           attribute_text(*base), configurations.front().name, attribute_text(*mine),
                           configuration.name);
      }
    }
  }
  return "";
}

/// A verdict and the line that explains it.
struct Reasoned {
  Verdict verdict = Verdict::skipped;
  std::string reason;

  void consider(Verdict other, const std::string& why) {
    if (other <= verdict) return;
    verdict = other;
    reason = why;
  }
};

void consider_boots(const std::vector<BootResult>& boots, bool forgive_errors, Reasoned& decision) {
  for (const BootResult& boot : boots) {
    if (forgive_errors && boot.verdict == Verdict::error) continue;
    decision.consider(boot.verdict, boot.verdict == Verdict::pass ? ""
                                                                  : fmt::format("boot {} of {}: {}", boot.number,
                                                                                boot.configuration, boot.reason));
  }
}

/// A board that is not what it was declared to be was measured by mistake.
void consider_attributes(const std::vector<ConfigurationResult>& configurations, Reasoned& decision) {
  for (const ConfigurationResult& configuration : configurations) {
    for (const Attribute& row : configuration.attributes) {
      if (row.agrees) continue;
      decision.consider(Verdict::error, fmt::format("{}: {} is declared \"{}\", but the console says \"{}\"",
                                                    configuration.name, row.name, row.declared, row.observed));
    }
  }
}

void consider_limits(const std::vector<LimitResult>& limits, Reasoned& decision) {
  for (const LimitResult& limit : limits) {
    if (limit.gate && limit.verdict > Verdict::pass) {
      decision.consider(limit.verdict, fmt::format("{}: {}: {}", limit.id, limit.that, limit.detail));
    }
  }
}

/// Boots lost to the bench are forgiven within the budget, as long as each configuration keeps a boot that counts.
bool errors_are_forgiven(const RunInputs& inputs, const std::vector<BootResult>& boots) {
  const auto lost = std::ranges::count(boots, Verdict::error, &BootResult::verdict);
  if (lost > inputs.bench_retries) return false;
  return std::ranges::all_of(inputs.configurations, [&](const ConfigurationInputs& configuration) {
    const auto mine = boots_of(boots, configuration.name);
    return mine.empty() ||
           std::ranges::any_of(mine, [](const BootResult* boot) { return boot->verdict != Verdict::error; });
  });
}

std::vector<LimitResult> judge_limits(const std::vector<LimitInputs>& limits, const std::vector<BootResult>& boots) {
  std::vector<LimitResult> results;
  for (const LimitInputs& limit : limits) {
    LimitResult result = evaluate(limit.expression, boots);
    result.id = limit.id;
    result.that = limit.that;
    result.gate = limit.gate;
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace

RunResult summarise(const RunInputs& inputs, std::vector<BootResult> boots) {
  RunResult run;
  run.scenario = inputs.scenario;
  run.title = inputs.title;
  run.requirement = inputs.requirement;
  run.host = inputs.host;
  run.version = inputs.version;
  run.folder = inputs.folder;
  run.started_utc = inputs.started_utc;
  run.took = inputs.took;
  const bool forgive = errors_are_forgiven(inputs, boots);
  for (const ConfigurationInputs& configuration : inputs.configurations) {
    run.configurations.push_back(summarise_configuration(configuration, boots, forgive));
  }
  for (std::size_t i = 1; i < run.configurations.size(); ++i) {
    compare_all(run.configurations.front(), run.configurations[i], false, run.comparisons);
    compare_all(run.configurations.front(), run.configurations[i], true, run.comparisons);
  }
  Reasoned decision;
  consider_boots(boots, forgive, decision);
  if (!boots.empty()) {
    run.limits = judge_limits(inputs.limits, boots);
    const std::string why = mismatch(run.configurations, inputs.must_match);
    if (!why.empty()) decision.consider(Verdict::error, why);
    consider_attributes(run.configurations, decision);
    consider_limits(run.limits, decision);
  }
  run.verdict = decision.verdict;
  run.reason = decision.reason;
  run.boots = std::move(boots);
  return run;
}

}  // namespace coldboot
