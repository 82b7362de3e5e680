#include "harness/cli/against.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/inputs.hpp"
#include "harness/cli/log_files.hpp"
#include "harness/cli/telling.hpp"
#include "harness/measure/verdict.hpp"
#include "harness/scenario/explain.hpp"

namespace coldboot {

int check_command(const CheckArguments& arguments) {
  const auto inputs = read_inputs(arguments.scenario, arguments.bench);
  if (!inputs) return exit_code::usage;
  const BenchFile* bench = inputs->bench ? &*inputs->bench : nullptr;
  if (arguments.against.empty()) {
    return print(explain(inputs->scenario, bench)) ? exit_code::pass : exit_code::error;
  }
  bool all_good = true;
  for (const std::filesystem::path& file : arguments.against) {
    const auto log = read_log(file);
    if (!log) return exit_code::usage;
    for (const Configuration& configuration : inputs->scenario.configurations) {
      const auto trial = try_markers(configuration, *log);
      if (!trial) {
        tell(trial.error());
        return exit_code::usage;
      }
      all_good = all_good && trial->good();
      if (!print(describe(*trial, configuration, *log))) return exit_code::error;
    }
  }
  return all_good ? exit_code::pass : exit_code::fail;
}

}  // namespace coldboot
