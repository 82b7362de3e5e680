#pragma once

#include <string>
#include <vector>

#include "harness/measure/record.hpp"

namespace coldboot::sample {

/// One boot of `configuration` on `bench` that passed, with the stages given in seconds, one after the other from t0,
/// and the measurement "menu-shown" over all of them.
BootResult boot(int number, const std::string& configuration, const std::string& bench,
                const std::vector<std::pair<std::string, double>>& stages);

/// Summaries, comparisons of the first configuration with each other, and the configurations' verdicts, from the boots.
void summarise(RunResult& run, Nanos uncertainty);

/// The two published boots: bare metal in 82 s and the first attempt under Xen in 238 s, stamps of 1 s.
RunResult article();

/// Everything passed: one bench, one configuration, three boots.
RunResult all_pass();

/// Twenty boots of two configurations: a limit missed, one inconclusive, one not measured, one that is no gate; a boot
/// that panicked, one lost to the relay and forgiven, a step that timed out, a firmware that is not what was declared.
RunResult campaign();

/// One boot lost to the relay, within the retry budget: the run passed.
RunResult forgiven();

/// Two of three boots failed, each in its own way.
RunResult fails_twice();

/// A failed boot whose console carries every byte that XML, UTF-8 or a terminal could choke on.
RunResult hostile_console();

/// Nothing was started.
RunResult nothing();

/// Two benches in one run.
RunResult two_benches();

/// Three configurations, one with a stage the others lack.
RunResult three_configurations();

/// Markup, emoji, right-to-left text and 300 characters in every name.
RunResult awkward_names();

/// `bytes` in every text field there is.
RunResult filled_with(const std::string& bytes);

}  // namespace coldboot::sample
