#include "harness/cli/against.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "harness/console/boot_watcher.hpp"

namespace coldboot {
namespace {

using FirstHits = std::map<std::string, std::size_t>;  // marker -> line of its first hit

Result<FirstHits> first_hits(const BootPlan& plan, const BootRecord& record) {
  const auto compiled = CompiledPlan::compile(plan);
  if (!compiled) return compiled.error();
  FirstHits hits;
  for (const Found& found : watch(record, *compiled)) {
    const auto* marker = std::get_if<MarkerHit>(&found.hit);
    if (marker != nullptr && !found.held) hits.emplace(marker->marker, marker->line);
  }
  return hits;
}

BootPlan without_after(BootPlan plan) {
  for (MarkerPlan& marker : plan.markers) marker.after.clear();
  return plan;
}

std::set<std::string> needed_by(const std::vector<Step>& steps) {
  std::set<std::string> needed;
  for (const Step& step : steps) {
    if (const auto* expect = std::get_if<ExpectStep>(&step.what)) needed.insert(expect->marker);
  }
  return needed;
}

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Result<MarkerTrial> try_markers(const Configuration& configuration, const ImportedLog& log) {
  const auto hits = first_hits(configuration.plan, log.record);
  if (!hits) return hits.error();
  const auto anywhere = first_hits(without_after(configuration.plan), log.record);
  if (!anywhere) return anywhere.error();
  const std::set<std::string> needed = needed_by(configuration.steps);
  MarkerTrial trial;
  for (const MarkerPlan& marker : configuration.plan.markers) {
    if (!marker.sent.empty()) continue;  // a log of another tool does not say what was typed
    if (const auto hit = hits->find(marker.name); hit != hits->end()) {
      trial.seen.push_back({marker.name, hit->second});
      continue;
    }
    trial.never.push_back(marker.name);
    if (needed.contains(marker.name)) trial.needed.push_back(marker.name);
    if (anywhere->contains(marker.name)) trial.too_early.push_back(marker.name);
  }
  for (const SpanPlan& span : configuration.plan.spans) {
    const auto from = hits->find(span.from);
    const auto to = hits->find(span.to);
    if (from == hits->end() || to == hits->end() || from->second == 0) continue;
    if (to->second < from->second) trial.disordered.push_back(span.name);
  }
  return trial;
}

std::string describe(const MarkerTrial& trial, const Configuration& configuration, const ImportedLog& log) {
  std::string text = fmt::format("{} against {}: {} of {} markers match\n", configuration.name, log.name,
                                 trial.seen.size(), trial.seen.size() + trial.never.size());
  for (const auto& [marker, line] : trial.seen) text += fmt::format("  {:<20} line {}\n", marker, line);
  if (!trial.never.empty()) text += fmt::format("  never: {}\n", joined(trial.never));
  if (!trial.too_early.empty())
    text += fmt::format("  only before what they must come after: {}\n", joined(trial.too_early));
  if (!trial.disordered.empty()) text += fmt::format("  end before they begin: {}\n", joined(trial.disordered));
  if (!trial.needed.empty()) text += fmt::format("  a step would wait in vain for: {}\n", joined(trial.needed));
  return text;
}

}  // namespace coldboot
