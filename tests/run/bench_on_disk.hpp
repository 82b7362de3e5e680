#pragma once

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "drivers/catalog.hpp"
#include "harness/bench/read_bench.hpp"
#include "harness/run/run.hpp"
#include "harness/scenario/read_scenario.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {

/// A folder with a bench, a profile, recordings and a scenario of a small firewall that boots in twelve seconds; and
/// what it takes to run it. Each test has its own, and changes what it is about.
class BenchOnDisk {
 public:
  BenchOnDisk() {
    write("bench.yaml",
          "coldboot: bench/1\n"
          "name: small\n"
          "pace: replay\n"
          "power: {driver: replay, off-min: 10 s}\n"
          "consoles:\n  com1: {driver: replay}\n"
          "media:\n  recording: {driver: replay}\n");
    write("small.yaml",
          "coldboot: profile/1\n"
          "name: small\n"
          "markers:\n"
          "  banner: {match: 'PC Engines apu\\d', twice-within: 2 s}\n"
          "  bios: {match: 'BIOS version (?<bios>v[\\d.]+)'}\n"
          "  kernel: {match: 'Booting'}\n"
          "  menu: {match: '8\\) Shell', after: kernel}\n"
          "  prompt: {match: 'Enter an option: ', quiet: 200 ms, after: menu}\n"
          "spans:\n"
          "  firmware: {from: power-on, to: kernel}\n"
          "  system: {from: kernel, to: menu}\n"
          "failures:\n"
          "  - {class: panic, match: 'panic:'}\n"
          "  - {class: boot-loop, repeats: banner, before: menu}\n"
          "observe: {firmware: bios}\n"
          "shutdown: {at: prompt, send: '6\\r', done: 'has halted', within: 30 s}\n");
    write("good.yaml", script("  - {at: 12 s, text: \"8) Shell\\r\\nEnter an option: \"}\n"
                              "  - {await: \"6\\r\"}\n"
                              "  - {at: 3 s, text: \"The system has halted\\r\\n\"}\n"));
    write_scenario("good.yaml");
  }

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

  void write(const std::string& name, const std::string& text) const { put_text(folder() / name, text); }

  /// A recording that gets as far as its kernel, and then `tail`.
  static std::string script(const std::string& tail) {
    return "coldboot: recording/1\n"
           "script:\n"
           "  - {at: 300 ms, text: \"PC Engines apu2\\r\\nBIOS version v4.10.0.2\\r\\n\"}\n"
           "  - {at: 6 s, text: \"Booting...\\r\\n\"}\n" +
           tail;
  }

  /// A scenario of one configuration that plays `recording`; `more` is added at its end.
  void write_scenario(
      const std::string& recording,
      const std::string& more = "limits:\n  - {id: L1, that: \"small.power-on..menu <= 60 s\"}\n") const {
    write("scenario.yaml",
          "coldboot: scenario/1\n"
          "name: small-boot\n"
          "configurations:\n"
          "  small:\n"
          "    profile: small\n"
          "    boot: {recording: " +
              recording +
              "}\n"
              "    declare: {firmware: \"v4.10.0.2\"}\n"
              "steps:\n"
              "  - power-cycle: {}\n"
              "  - expect: {marker: menu, within: 60 s}\n"
              "  - power-off: {how: cut}\n" +
              more);
  }

  [[nodiscard]] RunRequest request(const Catalog& catalog = driver_catalog()) const {
    const Reading<Scenario> scenario = read_scenario(folder() / "scenario.yaml", {});
    for (const Fault& mistake : scenario.mistakes) ADD_FAILURE() << mistake.text();
    const Reading<BenchFile> bench = read_bench(folder() / "bench.yaml", catalog.tables());
    for (const Fault& mistake : bench.mistakes) ADD_FAILURE() << mistake.text();
    RunRequest request{.scenario = scenario.value.value_or(Scenario{}),
                       .bench = bench.value.value_or(BenchFile{}),
                       .catalog = catalog};
    request.out = folder() / "runs";
    request.version = "test";
    return request;
  }

  [[nodiscard]] RunOutcome run() const { return run(request()); }

  [[nodiscard]] static RunOutcome run(const RunRequest& request) {
    auto outcome = run_scenario(request);
    if (!outcome) {
      ADD_FAILURE() << outcome.error().text();
      return {};
    }
    return std::move(*outcome);
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace coldboot
