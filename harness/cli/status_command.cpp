#include <filesystem>
#include <map>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "drivers/catalog.hpp"
#include "harness/bench/lease.hpp"
#include "harness/bench/read_bench.hpp"
#include "harness/cli/bench_use.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/telling.hpp"
#include "harness/measure/verdict.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;

/// What is known of one bench; of one that nobody on this host has used yet, nothing.
using Known = std::map<std::string, std::optional<LockView>>;

Result<void> look_at(const std::string& bench, Known& known) {
  const auto path = bench_lock(bench);
  if (!path) return path.error();
  auto lock = look_at_lock(*path);
  if (!lock && lock.error().cause() != Cause::missing) return lock.error();
  known[bench] = lock ? std::optional(std::move(*lock)) : std::nullopt;
  return {};
}

/// Benches whose files are found from here; virtual time has nothing that could be held.
std::vector<std::string> benches_of_the_project() {
  std::vector<std::string> names;
  const DriverTables drivers = driver_catalog().tables();
  for (const fs::path& folder : project_around(".").benches) {
    std::error_code none;
    for (fs::directory_iterator file(folder, none), end; !none && file != end; file.increment(none)) {
      if (file->path().extension() != ".yaml") continue;
      const Reading<BenchFile> bench = read_bench(file->path(), drivers);
      if (bench && bench.value->pace == Pace::real) names.push_back(bench.value->name);
    }
  }
  return names;
}

/// Benches that were used on this host, wherever their files are.
std::vector<std::string> benches_with_a_lock() {
  std::vector<std::string> names;
  const auto folder = lock_folder();
  if (!folder) return names;
  std::error_code none;
  for (fs::directory_iterator file(*folder, none), end; !none && file != end; file.increment(none)) {
    const std::string name = file->path().stem().string();
    if (file->path().extension() == ".lock" && name.starts_with("bench-")) names.push_back(name.substr(6));
  }
  return names;
}

std::vector<std::string> benches_asked_for(const std::vector<std::string>& asked) {
  std::vector<std::string> names;
  for (const std::string& name : asked) {
    const auto bench = bench_called(name);
    if (!bench) return {};
    names.push_back(bench->name);
  }
  return names;
}

std::string_view state_word(const LockView& lock, const BenchState& state) {
  if (lock.held) return "busy";
  return state.left_safe ? "free" : "not safe";
}

std::string power_word(const BenchState& state) {
  return state.power ? fmt::format("power {}", name_of(*state.power)) : "power unknown";
}

std::string line_of(const std::string& bench, const std::optional<LockView>& lock, std::size_t width) {
  if (!lock) return fmt::format("{:{}}  free      never used on this host\n", bench, width);
  const BenchState state = bench_state(*lock);
  std::string line = fmt::format("{:{}}  {:8}  {:13}  {}{}", bench, width, state_word(*lock, state), power_word(state),
                                 lock->held ? "" : "last: ", lock->holder);
  if (lock->held && !state.until.empty()) line += fmt::format("; until {} at the latest", state.until);
  if (!state.run.empty()) line += fmt::format("; last run {}", state.run);
  if (!lock->held && !state.left_safe) {
    line += fmt::format("; left so by {}; the next run, or `power`, switches off first", state.unsafe_by);
  }
  if (!lock->held && state.chip_is_in_doubt)
    line += fmt::format("; its firmware chip was not written to the end: coldboot flash recover {}", bench);
  return line + "\n";
}

nlohmann::json json_of(const std::string& bench, const std::optional<LockView>& lock) {
  if (!lock) return {{"bench", bench}, {"state", "free"}};
  const BenchState state = bench_state(*lock);
  nlohmann::json json{{"bench", bench},         {"state", state_word(*lock, state)},
                      {"holder", lock->holder}, {"token", state.token},
                      {"run", state.run},       {"until", state.until}};
  if (state.chip_is_in_doubt) json["firmware_in_doubt"] = true;
  if (state.power) json["power"] = name_of(*state.power);
  return json;
}

}  // namespace

int status_command(const StatusArguments& arguments) {
  std::vector<std::string> names = benches_asked_for(arguments.benches);
  if (names.empty() && !arguments.benches.empty()) return exit_code::usage;
  if (arguments.benches.empty()) {
    names = benches_of_the_project();
    for (std::string& name : benches_with_a_lock()) names.push_back(std::move(name));
  }
  Known known;
  for (const std::string& name : names) {
    if (auto looked = look_at(name, known); !looked) {
      tell(looked.error());
      return exit_code::error;
    }
  }
  std::string text;
  std::size_t width = 0;
  for (const auto& [bench, lock] : known) width = std::max(width, bench.size());
  nlohmann::json list = nlohmann::json::array();
  for (const auto& [bench, lock] : known) {
    text += line_of(bench, lock, width);
    list.push_back(json_of(bench, lock));
  }
  if (known.empty()) tell_note("no bench is known here: none was used on this host, no bench file is near");
  return print(arguments.json ? list.dump(2) + "\n" : text) ? exit_code::pass : exit_code::error;
}

}  // namespace coldboot
