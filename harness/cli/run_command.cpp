#include <filesystem>
#include <iostream>
#include <memory>
#include <unistd.h>

#include "drivers/catalog.hpp"
#include "harness/cli/bench_use.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/inputs.hpp"
#include "harness/cli/outputs.hpp"
#include "harness/cli/progress_view.hpp"
#include "harness/cli/stop_by_signal.hpp"
#include "harness/cli/telling.hpp"
#include "harness/cli/version.hpp"
#include "harness/measure/verdict.hpp"
#include "harness/run/run.hpp"
#include "harness/scenario/longest.hpp"

namespace coldboot {

int run_command(const RunArguments& arguments) {
  const auto stop = StopBySignal::start([](int signal, int times) {
    tell_note(times == 1 ? signal_name(signal) + ": stopping; the bench is being made safe"
                         : "the bench is still being made safe; this is bounded and must not be cut short");
  });
  if (!stop) return exit_code::error;
  auto inputs = read_inputs(arguments.scenario, arguments.bench);
  if (!inputs) return exit_code::usage;
  if (!inputs->bench) {
    tell(Fault(Cause::mistake, arguments.scenario.string(), "no bench is named",
               "give one with --bench, or `bench:` in the scenario"));
    return exit_code::usage;
  }
  if (arguments.boots) inputs->scenario.boots = *arguments.boots;

  std::unique_ptr<ProgressView> view;
  if (!arguments.quiet)
    view = std::make_unique<ProgressView>(inputs->scenario, inputs->bench->pace, std::cerr, STDERR_FILENO);
  const auto outcome =
      run_scenario({.scenario = inputs->scenario,
                    .bench = *inputs->bench,
                    .catalog = driver_catalog(),
                    .lease = {.what = "coldboot run " + inputs->scenario.name,
                              .until = utc_after(longest(inputs->scenario, &*inputs->bench)),
                              .patience = patience(arguments.wait, stop->token()),
                              .on_wait = [](const Fault& busy) { tell_note("waiting: " + busy.text()); }},
                    .guardian = {"/proc/self/exe", "guard"},
                    .out = arguments.out,
                    .version = version,
                    .reports = run_folder_reports(),
                    .observer = view.get(),
                    .stop = stop->token(),
                    .why_stopped = [&] { return StopRequested{signal_name(stop->signal()), stop->signal()}; }});
  view.reset();
  if (!outcome) {
    tell(outcome.error());
    return exit_status(outcome.error().cause());
  }
  for (const Fault& fault : outcome->faults) tell(fault);
  const bool shown = show_result(outcome->result, {.json = arguments.json, .junit = arguments.junit});
  if (outcome->result.verdict == Verdict::aborted) return exit_status(Verdict::aborted, stop->signal());
  if (!shown || !outcome->faults.empty()) return exit_code::error;
  return exit_status(outcome->result.verdict);
}

}  // namespace coldboot
