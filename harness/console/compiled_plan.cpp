#include "harness/console/compiled_plan.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {

Result<std::shared_ptr<const CompiledPlan>> CompiledPlan::compile(const BootPlan& plan) {
  std::shared_ptr<CompiledPlan> compiled(new CompiledPlan);
  compiled->plan_ = plan;
  compiled->list_markers();
  if (const auto resolved = compiled->resolve(); !resolved) return resolved.error();
  if (const auto listed = compiled->list_failures(); !listed) return listed.error();
  if (const auto done = compiled->compile_patterns(); !done) return done.error();
  return std::shared_ptr<const CompiledPlan>(std::move(compiled));
}

const CompiledPlan::Console& CompiledPlan::console(const std::string& name) const {
  const auto known = consoles_.find(name);
  return known != consoles_.end() ? known->second : consoles_.at("");
}

void CompiledPlan::list_markers() {
  for (const MarkerPlan& marker : plan_.markers) {
    markers_.push_back(
        {marker.name, marker.sent, or_main(marker.console), {}, marker.twice_within, marker.quiet, false});
  }
  for (const char* const name : {builtin::power_on, builtin::first_byte, builtin::last_byte, builtin::shutdown_done}) {
    markers_.push_back({name, "", plan_.console, {}, {}, {}, true});
  }
}

Result<std::optional<std::size_t>> CompiledPlan::marker_named(const std::string& name, const std::string& where) const {
  if (name.empty()) return std::optional<std::size_t>{};
  std::vector<std::string> known;
  for (std::size_t i = 0; i < markers_.size(); ++i) {
    if (markers_[i].name == name) return std::optional(i);
    known.push_back(markers_[i].name);
  }
  const std::string near = closest(name, known);
  return Fault(Cause::mistake, "", fmt::format("{}: there is no marker '{}'", where, name),
               near.empty() ? "" : fmt::format("did you mean '{}'?", near));
}

Result<void> CompiledPlan::resolve() {
  for (std::size_t i = 0; i < plan_.markers.size(); ++i) {
    const auto after = marker_named(plan_.markers[i].after, fmt::format("marker {}, after", markers_[i].name));
    if (!after) return after.error();
    markers_[i].after = *after;
  }
  return {};
}

Result<void> CompiledPlan::list_failures() {
  for (const FailurePlan& plan : plan_.failures) {
    const std::string where = fmt::format("failure {}", plan.failure);
    const auto after = marker_named(plan.after, where + ", after");
    if (!after) return after.error();
    const auto before = marker_named(plan.before, where + ", before");
    if (!before) return before.error();
    const auto repeats = marker_named(plan.repeats, where + ", repeats");
    if (!repeats) return repeats.error();
    failures_.push_back({plan, or_main(plan.console), *after, *before, *repeats});
  }
  return {};
}

Result<void> CompiledPlan::compile_patterns() {
  struct Listed {
    std::vector<Pattern> patterns;
    std::vector<Use> uses;
  };
  std::map<std::string, Listed> listed;
  listed[""];
  const auto list = [&](const std::string& console, Pattern pattern, Use use) {
    listed[console].patterns.push_back(std::move(pattern));
    listed[console].uses.push_back(use);
  };
  for (std::size_t i = 0; i < plan_.markers.size(); ++i) {
    const MarkerPlan& marker = plan_.markers[i];
    if (marker.match.empty()) continue;
    list(markers_[i].console, {"marker " + marker.name, marker.match, marker.quiet.has_value()}, {true, i});
  }
  for (std::size_t i = 0; i < failures_.size(); ++i) {
    const FailurePlan& failure = failures_[i].plan;
    if (failure.match.empty()) continue;
    list(failures_[i].console, {"failure " + failure.failure, failure.match, true}, {false, i});
  }
  if (plan_.shutdown && !plan_.shutdown->done.empty()) {
    list(plan_.console, {"shutdown, done", plan_.shutdown->done, false}, {true, shutdown_done()});
  }
  for (auto& [console, what] : listed) {
    auto set = PatternSet::compile(std::move(what.patterns));
    if (!set) return set.error();
    consoles_.emplace(console, Console{*std::move(set), std::move(what.uses)});
  }
  return {};
}

}  // namespace coldboot
