#pragma once

#include <string>

#include "harness/measure/record.hpp"

namespace coldboot {

/// The run as JUnit XML that every known reader takes the same way (docs/reports.md, "JUnit"): validates against
/// docs/schema/junit-strict.xsd, times are plain decimal seconds in any locale, no byte of the console can break it.
/// Attachments are named relative to the run folder, so the file belongs there, as junit.xml. Always has a root and at
/// least one case; a run in which nothing ran is an error case. Never fails.
std::string junit_xml(const RunResult& run);

}  // namespace coldboot
