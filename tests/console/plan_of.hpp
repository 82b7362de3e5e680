#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/event/boot_plan.hpp"

namespace coldboot {

inline MarkerPlan marker(std::string name, std::string match) {
  MarkerPlan plan;
  plan.name = std::move(name);
  plan.match = std::move(match);
  return plan;
}

/// A plan for one console.
inline BootPlan plan_of(std::vector<MarkerPlan> markers, std::vector<FailurePlan> failures = {},
                        std::string console = "com1") {
  BootPlan plan;
  plan.console = std::move(console);
  plan.markers = std::move(markers);
  plan.failures = std::move(failures);
  return plan;
}

}  // namespace coldboot
