#include "harness/scenario/plan_check.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

const MarkerPlan* find_marker(const BootPlan& plan, std::string_view name) {
  const auto found = std::find_if(plan.markers.begin(), plan.markers.end(),
                                  [&](const MarkerPlan& marker) { return marker.name == name; });
  return found == plan.markers.end() ? nullptr : &*found;
}

}  // namespace

std::vector<std::string> marker_names(const BootPlan& plan) {
  std::vector<std::string> names = {builtin::power_on, builtin::first_byte, builtin::last_byte};
  for (const MarkerPlan& marker : plan.markers) names.push_back(marker.name);
  return names;
}

bool has_marker(const BootPlan& plan, std::string_view name) {
  const std::vector<std::string> names = marker_names(plan);
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_span(const BootPlan& plan, std::string_view name) {
  return std::any_of(plan.spans.begin(), plan.spans.end(), [&](const SpanPlan& span) { return span.name == name; });
}

bool check_marker(const BootPlan& plan, const keys::Placed<std::string>& name, Findings& findings) {
  if (has_marker(plan, name.value)) return true;
  const std::string meant = closest(name.value, marker_names(plan));
  findings.mistake(name.place,
                   fmt::format("found the marker {}, expected one that profile {} has", name.value, plan.profile),
                   meant.empty() ? std::string() : fmt::format("did you mean {}?", meant));
  return false;
}

bool comes_after(const BootPlan& plan, std::string_view later, std::string_view earlier) {
  const MarkerPlan* marker = find_marker(plan, later);
  for (std::size_t hops = 0; marker != nullptr && hops <= plan.markers.size(); ++hops) {
    if (marker->after == earlier) return true;
    marker = find_marker(plan, marker->after);
  }
  return false;
}

std::string why_impossible(const BootPlan& plan, std::string_view from, std::string_view to) {
  if (from == to) return fmt::format("it begins and ends at {}", from);
  if (to == builtin::power_on) return "nothing comes before power-on";
  if (from == builtin::last_byte) return "nothing comes after last-byte";
  if (to == builtin::first_byte && from != builtin::power_on) return "only power-on comes before first-byte";
  if (comes_after(plan, from, to)) return fmt::format("{} counts only after {}", from, to);
  return {};
}

}  // namespace coldboot
