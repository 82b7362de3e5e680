#include <fmt/format.h>

#include "harness/io/child_process.hpp"
#include "tests/performance/measurements.hpp"

namespace coldboot::capture_bench {

Result<Nanos> measure_command(const std::vector<std::string>& argv) {
  auto result = run_child(argv, Until(std::chrono::steady_clock::now() + std::chrono::seconds(60)));
  if (!result) return result.error();
  if (result->exit_status != 0) {
    return Fault(Cause::refused, argv[0], fmt::format("ended with {}, expected 0", result->exit_status),
                 result->output);
  }
  return result->ended - result->started;
}

}  // namespace coldboot::capture_bench
