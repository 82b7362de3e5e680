#include <iostream>
#include <unistd.h>

#include "drivers/catalog.hpp"
#include "harness/bench/read_bench.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/interview.hpp"
#include "harness/cli/new_bench.hpp"
#include "harness/cli/telling.hpp"
#include "harness/io/atomic_file.hpp"
#include "harness/measure/verdict.hpp"

namespace coldboot {
namespace {

/// From the command line as far as it goes, and from whoever sits at the terminal for the rest.
Result<NewBench> new_bench(const InitArguments& arguments, const Catalog& catalog) {
  const DriverTables drivers = catalog.tables();
  std::map<std::string, keys::Table> switches = drivers.power;
  switches.insert(drivers.relays.begin(), drivers.relays.end());
  NewBench bench{.name = arguments.name.empty() ? arguments.bench.stem().string() : arguments.name};
  const bool must_ask = arguments.power.empty() || arguments.consoles.empty();
  if (must_ask && ::isatty(STDIN_FILENO) == 0) {
    return Fault(Cause::mistake, "init", "found no terminal to ask at, expected --power and --console",
                 "coldboot devices lists what is attached");
  }
  const Attached attached = must_ask ? attached_devices(catalog) : Attached();
  Interview interview(attached, drivers, std::cin, std::cout);
  auto power = arguments.power.empty() ? interview.ask_power() : parse_new_entry(arguments.power, switches);
  if (!power) return power.error();
  bench.power = std::move(*power);
  for (const std::string& line : arguments.consoles) {
    auto console = parse_new_entry(line, drivers.consoles);
    if (!console) return console.error();
    bench.consoles.push_back(std::move(*console));
  }
  if (!bench.consoles.empty()) return bench;
  auto console = interview.ask_console();
  if (!console) return console.error();
  bench.consoles.push_back(std::move(*console));
  return bench;
}

}  // namespace

int init_command(const InitArguments& arguments) {
  std::error_code none;
  if (!arguments.force && std::filesystem::exists(arguments.bench, none)) {
    tell(Fault(Cause::mistake, arguments.bench.string(), "is there already", "--force writes over it"));
    return exit_code::usage;
  }
  const Catalog catalog = driver_catalog();
  const auto bench = new_bench(arguments, catalog);
  if (!bench) {
    tell(bench.error());
    return exit_code::usage;
  }
  const std::string text = text_of(*bench);
  const Reading<BenchFile> read = read_bench(text, arguments.bench, catalog.tables());
  tell_all(read.mistakes, read.warnings);
  if (!read) {
    tell_note("nothing was written; it would have been:\n" + text);
    return exit_code::usage;
  }
  if (const auto written = write_file_atomically(arguments.bench, text); !written) {
    tell(written.error());
    return exit_code::error;
  }
  tell_note(arguments.bench.string() + " is written; next: coldboot doctor " + arguments.bench.string());
  return exit_code::pass;
}

}  // namespace coldboot
