#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "harness/event/run_record.hpp"
#include "harness/io/child_process.hpp"
#include "tests/performance/measurements.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot::capture_bench {
namespace {

namespace fs = std::filesystem;

void write_files(const fs::path& folder, int boots) {
  std::ofstream(folder / "bench.yaml")
      << "coldboot: bench/1\nname: start-up\npower: {driver: replay, off-min: 0 s}\n"
         "consoles:\n  com1: {driver: replay}\nmedia:\n  recording: {driver: replay}\n";
  std::ofstream(folder / "profile.yaml") << "coldboot: profile/1\nname: profile\nmarkers:\n  hello: {match: hello}\n";
  std::ofstream(folder / "recording.yaml") << "coldboot: recording/1\nscript:\n  - {at: 0 s, text: 'hello\\n'}\n";
  std::ofstream(folder / "scenario.yaml") << "coldboot: scenario/1\nname: start\nconfigurations:\n  board:\n"
                                             "    profile: profile\n    boot: {recording: recording.yaml}\nsteps:\n"
                                             "  - power-cycle\n  - expect: {marker: hello, within: 10 s}\n"
                                             "repeat: {boots: "
                                          << boots << "}\n";
}

struct FinishedRun {
  Instant started;  ///< of its process
  RunRecord record;
};

/// `coldboot run` of a board that speaks as soon as it has power.
Result<FinishedRun> run_of(const std::string& coldboot, int boots) {
  const TemporaryFolder scratch;
  write_files(scratch.path(), boots);
  const auto ran = run_child({coldboot, "run", scratch.path() / "scenario.yaml", "--bench",
                              scratch.path() / "bench.yaml", "--quiet", "--out", scratch.path() / "out"},
                             Until(std::chrono::steady_clock::now() + std::chrono::seconds(60)));
  if (!ran) return ran.error();
  if (ran->exit_status != 0) return Fault(Cause::refused, coldboot, "the run did not pass", ran->output);
  auto record = read_run_folder(fs::directory_iterator(scratch.path() / "out")->path());
  if (!record) return record.error();
  return FinishedRun{ran->started, std::move(*record)};
}

Result<Instant> last_byte_of(const BootRecord& boot) {
  const auto& chunks = boot.consoles.at(0).chunks;
  if (chunks.empty()) return Fault(Cause::protocol, boot.bench, "no byte was recorded");
  return chunks.back().arrival;
}

/// When power was on again.
Result<Instant> power_on_of(const BootRecord& boot) {
  for (const Event& event : boot.events) {
    const auto* switched = std::get_if<PowerSwitched>(&event.body);
    if (switched != nullptr && switched->wanted == Power::on) return switched->returned;
  }
  return Fault(Cause::protocol, boot.bench, "power was never switched on");
}

}  // namespace

Result<Nanos> measure_first_byte(const std::string& coldboot) {
  const auto run = run_of(coldboot, 1);
  if (!run) return run.error();
  const auto& chunks = run->record.boots.at(0).consoles.at(0).chunks;
  if (chunks.empty()) return Fault(Cause::protocol, coldboot, "no byte was recorded");
  return chunks.front().arrival - run->started;
}

Result<std::vector<Nanos>> measure_cycles(const std::string& coldboot, int boots) {
  const auto run = run_of(coldboot, boots);
  if (!run) return run.error();
  std::vector<Nanos> cycles;
  const auto& made = run->record.boots;
  for (std::size_t i = 1; i < made.size(); ++i) {
    const auto seen = last_byte_of(made[i - 1]);
    if (!seen) return seen.error();
    const auto on_again = power_on_of(made[i]);
    if (!on_again) return on_again.error();
    cycles.push_back(*on_again - *seen);
  }
  return cycles;
}

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
