#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/event/boot_plan.hpp"
#include "harness/event/console_record.hpp"
#include "harness/event/hit.hpp"
#include "harness/measure/record.hpp"

namespace coldboot {

/// What a boot is measured with beside its record and its profile.
struct MeasureInputs {
  std::vector<SpanPlan> measures;               ///< quantities the scenario names for this configuration
  std::vector<SpanPlan> ranges;                 ///< marker ranges that limits name (ranges_of)
  std::map<std::string, std::string> declared;  ///< attribute -> what the configuration is declared to be
  Nanos supply_delay{};                         ///< the most the power supply takes to come up
  std::vector<UncertaintyTerm> stamp_terms;     ///< what a console stamp may be late by: USB latency, wake-up
  double clock_ppm = 0;                         ///< how far the clock's rate may be off; 0 in virtual time
  std::size_t silences = 5;                     ///< how many of the longest are kept
  Nanos shortest_silence = std::chrono::seconds(2);
};

/// Everything the console text of a boot was found to contain.
struct BootHits {
  std::vector<MarkerHit> markers;
  std::vector<FailureHit> failures;
};

/// Measures one boot: t0, spans, silences, measurements, observed attributes, verdict. A pure function of its
/// arguments: the same record gives the same result however its bytes were split into chunks.
/// BootResult::folder is left to the caller.
BootResult measure_boot(const BootRecord& record, const BootPlan& plan, const BootHits& hits,
                        const MeasureInputs& inputs);

}  // namespace coldboot
