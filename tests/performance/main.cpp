#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "tests/performance/page.hpp"

// Measures capture on this machine: capture_bench [--only accuracy|rack|flat-out|start|cycle|flash] [--coldboot FILE]
// [--write FILE]. The page goes to standard output, and to the file unless it is of one measurement only.

namespace coldboot::capture_bench {
namespace {

using namespace std::chrono_literals;

constexpr int repeats = 3;
constexpr int starts = 20;
constexpr int cycles = 100;
constexpr int flash_steps = 9;
constexpr std::uint64_t flat_out_bytes = 20'000'000;

struct Options {
  std::string coldboot;
  std::string write;
  std::string only;  ///< one measurement, for whoever works on it

  [[nodiscard]] bool wants(std::string_view measurement) const { return only.empty() || only == measurement; }
};

/// Says what failed and ends: a benchmark without its numbers is worth nothing.
template <class T>
T or_end(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "capture_bench: {}\n", result.error().text());
  std::exit(1);  // NOLINT(concurrency-mt-unsafe): no thread runs between measurements
}

Results measure_all(const Options& options) {
  Results results;
  for (int i = 0; i < repeats && options.wants("accuracy"); ++i) {
    fmt::print(stderr, "accuracy, {} of {}\n", i + 1, repeats);
    results.accuracy.push_back(or_end(measure_accuracy(15s)));
  }
  for (const int consoles : {1, 64, 256, 1024}) {
    if (!options.wants("rack")) break;
    results.racks.emplace_back();
    for (int i = 0; i < repeats; ++i) {
      fmt::print(stderr, "{} consoles, {} of {}\n", consoles, i + 1, repeats);
      results.racks.back().push_back(or_end(measure_rack(consoles, 6s)));
    }
  }
  for (int i = 0; i < repeats && options.wants("flat-out"); ++i) {
    fmt::print(stderr, "flat out, {} of {}\n", i + 1, repeats);
    results.flat_out.push_back(or_end(measure_flat_out(flat_out_bytes)));
  }
  for (int i = 0; i < starts && !options.coldboot.empty() && options.wants("start"); ++i) {
    results.help.push_back(or_end(measure_command({options.coldboot, "--help"})));
    results.first_byte.push_back(or_end(measure_first_byte(options.coldboot)));
  }
  if (!options.coldboot.empty() && options.wants("cycle")) {
    fmt::print(stderr, "power cycles\n");
    results.cycles = or_end(measure_cycles(options.coldboot, cycles));
  }
  if (!options.coldboot.empty() && options.wants("flash")) {
    fmt::print(stderr, "flash steps\n");
    results.flash = or_end(measure_flash_steps(options.coldboot, flash_steps));
  }
  return results;
}

Options options_of(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    std::string* const value = name == "--coldboot" ? &options.coldboot
                               : name == "--write"  ? &options.write
                               : name == "--only"   ? &options.only
                                                    : nullptr;
    if (value == nullptr || i + 1 == argc) {
      fmt::print(stderr, "capture_bench: found {}, expected --coldboot FILE, --write FILE or --only MEASUREMENT\n",
                 name);
      std::exit(2);  // NOLINT(concurrency-mt-unsafe): nothing has begun
    }
    *value = argv[i + 1];
  }
  return options;
}

}  // namespace
}  // namespace coldboot::capture_bench

int main(int argc, char** argv) {
  using namespace coldboot::capture_bench;
  const Options options = options_of(argc, argv);
  const std::string page = page_of(measure_all(options));
  fmt::print("{}", page);
  if (options.write.empty() || !options.only.empty()) return 0;
  std::ofstream file(options.write);
  file << page;
  file.close();
  return file ? 0 : 1;
}
