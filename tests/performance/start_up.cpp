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

void write_files(const fs::path& folder) {
  std::ofstream(folder / "bench.yaml")
      << "coldboot: bench/1\nname: start-up\npower: {driver: replay, off-min: 0 s}\n"
         "consoles:\n  com1: {driver: replay}\nmedia:\n  recording: {driver: replay}\n";
  std::ofstream(folder / "profile.yaml") << "coldboot: profile/1\nname: profile\nmarkers:\n  hello: {match: hello}\n";
  std::ofstream(folder / "recording.yaml") << "coldboot: recording/1\nscript:\n  - {at: 0 s, text: 'hello\\n'}\n";
  std::ofstream(folder / "scenario.yaml") << "coldboot: scenario/1\nname: start\nconfigurations:\n  board:\n"
                                             "    profile: profile\n    boot: {recording: recording.yaml}\nsteps:\n"
                                             "  - power-cycle\n  - expect: {marker: hello, within: 10 s}\n";
}

}  // namespace

Result<Nanos> measure_first_byte(const std::string& coldboot) {
  const TemporaryFolder scratch;
  write_files(scratch.path());
  const auto ran = run_child({coldboot, "run", scratch.path() / "scenario.yaml", "--bench",
                              scratch.path() / "bench.yaml", "--quiet", "--out", scratch.path() / "out"},
                             Until(std::chrono::steady_clock::now() + std::chrono::seconds(60)));
  if (!ran) return ran.error();
  if (ran->exit_status != 0) return Fault(Cause::refused, coldboot, "the run did not pass", ran->output);
  const auto run = read_run_folder(fs::directory_iterator(scratch.path() / "out")->path());
  if (!run) return run.error();
  const auto& chunks = run->boots.at(0).consoles.at(0).chunks;
  if (chunks.empty()) return Fault(Cause::protocol, coldboot, "no byte was recorded");
  return chunks.front().arrival - ran->started;
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
