#pragma once

#include <vector>

#include "harness/file/findings.hpp"
#include "harness/file/keys.hpp"
#include "harness/scenario/scenario.hpp"
#include "harness/scenario/step.hpp"

namespace coldboot {

/// Checks every limit of a scenario: it can be read, speaks of configurations, spans, measurements and markers that
/// exist, and some boot could keep it. `those` are the places of the limits' texts, one for each limit.
///
/// Warns where an `expect` gives up so soon that a boot slower than a limit would be cut off and not measured.
/// `steps` are those of each configuration, in their order.
void check_limits(const Scenario& scenario, const std::vector<Place>& those,
                  const std::vector<std::vector<StepDraft>>& steps, Findings& findings);

}  // namespace coldboot
