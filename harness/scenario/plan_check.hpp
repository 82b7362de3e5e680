#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/event/boot_plan.hpp"
#include "harness/file/findings.hpp"
#include "harness/file/keys.hpp"

namespace coldboot {

/// Markers a boot of this plan can have: the built-in ones and the profile's, in file order.
std::vector<std::string> marker_names(const BootPlan& plan);

bool has_marker(const BootPlan& plan, std::string_view name);
bool has_span(const BootPlan& plan, std::string_view name);

/// Reports a marker the plan lacks, with the one that may have been meant. True where it is there.
bool check_marker(const BootPlan& plan, const keys::Placed<std::string>& name, Findings& findings);

/// True where `later` counts only after `earlier` was seen, directly or through others.
bool comes_after(const BootPlan& plan, std::string_view later, std::string_view earlier);

/// Why nothing can ever be measured from one marker to another, or "".
std::string why_impossible(const BootPlan& plan, std::string_view from, std::string_view to);

}  // namespace coldboot
