#pragma once

#include <cstdlib>
#include <map>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "harness/bench/lease.hpp"
#include "harness/event/run_info.hpp"
#include "tests/cli/program.hpp"
#include "tests/drivers/flashrom/emulated_chip.hpp"
#include "tests/drivers/flashrom/fake_programmer.hpp"
#include "tests/firmware/image_builder.hpp"

namespace coldboot {

/// A bench of scripts: a relay board that keeps its contacts in files (power on channel 1, the chip's supply on 2, its
/// bus on 3), a DUT that boots what the chip holds and says so on its console, and a programmer, which is the script in
/// flashrom's place unless a test says otherwise.
class FlashedBench : public testing::Test {
 protected:
  using Json = nlohmann::json;

  void SetUp() override {
    ::setenv("COLDBOOT_LOCKS", (folder.path() / "locks").c_str(), 1);
    std::filesystem::create_directories(relays());
    ::mkfifo((relays() / "edges").c_str(), 0600);
    (void)folder.write("profile.yaml",
                       "coldboot: profile/1\nname: profile\n"
                       "markers:\n  banner: {match: 'firmware (?<bios>[\\d.]+)'}\n  ready: {match: 'ready'}\n"
                       "spans: {firmware: {from: power-on, to: ready}}\nobserve: {firmware: bios}\n");
    golden = write_image("golden.rom", "1.0", size);
    put_bench(fake_flash());
  }

  /// An image as coreboot's tools make it, that the DUT boots.
  static std::string image(const std::string& version, std::size_t size, const std::string& board = "apu2") {
    return ImageBuilder(size)
        .put(0x40, "firmware " + version + "\n")
        .identification(0x10, version, "PC Engines", board)
        .take();
  }
  [[nodiscard]] std::string write_image(const std::string& name, const std::string& version, std::size_t bytes) const {
    return folder.write(name, image(version, bytes));
  }

  [[nodiscard]] std::string relay_keys() const {
    const auto call = [this](const std::string& verb) {
      return fmt::format("'{}/tests/drivers/command/relay_board' '{}' {} {{channel}}", COLDBOOT_SOURCE_DIR,
                         relays().string(), verb);
    };
    return fmt::format(
        "driver: command, closed: \"{}\", open: \"{}\", state: \"{}\", closed-output: \"channel {{channel}}: on\", "
        "open-output: \"channel {{channel}}: off\"",
        call("on"), call("off"), call("get"));
  }
  [[nodiscard]] std::string lines() const {
    return fmt::format("lines: {{vcc: {{{0}, channel: 2}}, spi: {{{0}, channel: 3}}}}, connect: [vcc on, spi on]",
                       relay_keys());
  }
  [[nodiscard]] std::string golden_key() const {
    return fmt::format("golden: {{file: golden.rom, sha256: {}}}", sha256_of(golden).value());
  }
  /// The script in flashrom's place, which `more` tells how to be used.
  [[nodiscard]] std::string fake_flash(const std::string& more = "") const {
    return fmt::format(
        "{{driver: flashrom, program: {}, programmer: \"{}\", size: 8 KiB, {}, {}, boots-within: 30 s{}}}",
        FakeProgrammer::program(), fake.programmer(), golden_key(), lines(), more);
  }
  /// flashrom itself with its dummy; the golden image is as large as that chip then.
  [[nodiscard]] std::string real_flash(const std::string& trouble = "", bool named = true) {
    golden = write_image("golden.rom", "1.0", EmulatedChip::size_bytes);
    return fmt::format("{{driver: flashrom, programmer: \"{}\", size: 8 MiB, {}, {}, boots-within: 30 s{}}}",
                       dummy.programmer(trouble), golden_key(), lines(),
                       named ? fmt::format(", chip: {}", EmulatedChip::name) : "");
  }
  void put_bench(const std::string& flash, bool with_dummy = false) const {
    (void)folder.write(
        "bench.yaml",
        fmt::format("coldboot: bench/1\nname: flashed\ndut: {{model: apu2d4}}\n"
                    "power: {{{}, channel: 1, settle: 0 s, off-min: 0 s}}\n"
                    "consoles: {{com1: {{driver: command, run: \"'{}/tests/flashing/board' '{}' '{}'\"}}}}\n"
                    "flash: {}\n",
                    relay_keys(), COLDBOOT_SOURCE_DIR, relays().string(),
                    (folder.path() / (with_dummy ? "dummy" : "fake/chip")).string(), flash));
  }

  /// `steps` in one line each, and then power and the banner.
  void put_scenario(const std::vector<std::string>& steps, const std::string& more = "", int boots = 1,
                    const std::string& patience = "30 s",
                    const std::string& configurations = "  a: {profile: profile}\n") const {
    std::string text = fmt::format(
        "coldboot: scenario/1\nname: flashing\nbench: bench.yaml\nrepeat: {{boots: {}}}\nconfigurations:\n{}steps:\n",
        boots, configurations);
    for (const std::string& step : steps) text += fmt::format("  - {}\n", step);
    text +=
        fmt::format("  - power-cycle: {{off-for: 0 s}}\n  - expect: {{marker: ready, within: {}}}\n{}", patience, more);
    (void)folder.write("flashing.yaml", text);
  }

  [[nodiscard]] std::vector<std::string> arguments() const {
    return {"run", (folder.path() / "flashing.yaml").string(), "--out", runs().string(), "--quiet"};
  }
  ChildResult run() const { return coldboot(arguments()); }

  [[nodiscard]] std::filesystem::path relays() const { return folder.path() / "relays"; }
  [[nodiscard]] std::filesystem::path runs() const { return folder.path() / "runs"; }
  /// The folder of the newest run.
  [[nodiscard]] std::filesystem::path last_run() const {
    std::pair<std::filesystem::file_time_type, std::filesystem::path> last{std::filesystem::file_time_type::min(), {}};
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(runs(), ignored)) {
      const auto made = std::filesystem::last_write_time(entry.path() / "inputs", ignored);
      if (entry.path().filename() != "firmware-backups") last = std::max(last, {made, entry.path()});
    }
    return last.second;
  }
  [[nodiscard]] Json result() const {
    const std::string text = text_of(last_run() / "result.json");
    return text.empty() ? Json::object() : Json::parse(text);
  }
  [[nodiscard]] std::string reason() const {
    const Json all = result();
    return all.empty() || all.at("boots").empty() ? "" : all.at("boots").front().at("reason").get<std::string>();
  }
  /// Events of the newest run, as they happened; of one type alone where it is named.
  [[nodiscard]] std::vector<Json> events(const std::string& type = "") const {
    std::map<std::uint64_t, Json> sorted;
    std::istringstream lines_of(events_of(last_run()));
    for (std::string line; std::getline(lines_of, line);) {
      Json event = Json::parse(line);
      if (type.empty() || event.at("type") == type) sorted.emplace(event.at("seq").get<std::uint64_t>(), event);
    }
    std::vector<Json> all;
    for (auto& [seq, event] : sorted) all.push_back(std::move(event));
    return all;
  }
  [[nodiscard]] std::vector<std::string> outcomes() const {
    std::vector<std::string> all;
    for (const Json& put : events("firmware-put")) all.push_back(put.at("outcome").get<std::string>());
    return all;
  }
  [[nodiscard]] std::string notes() const {
    std::string all;
    for (const Json& note : events("note")) all += note.at("text").get<std::string>() + "\n";
    return all;
  }

  /// What the relay board was told: "on 2".
  [[nodiscard]] std::vector<std::string> edges() const {
    std::vector<std::string> all;
    std::istringstream log(text_of(relays() / "log"));
    for (std::string line; std::getline(log, line);) all.push_back(line);
    return all;
  }
  [[nodiscard]] bool had_power() const { return testing::Value(edges(), testing::Contains("on 1")); }
  [[nodiscard]] bool is_closed(int channel) const {
    return std::filesystem::exists(relays() / std::to_string(channel));
  }

  /// Lines off and no power now, and never both on.
  void expect_safe() const {
    for (const int channel : {1, 2, 3}) EXPECT_FALSE(is_closed(channel)) << "channel " << channel;
    EXPECT_TRUE(state().left_safe);
    EXPECT_FALSE(state().chip_is_held);
    std::map<std::string, bool> on;
    for (const std::string& edge : edges()) {
      on[edge.substr(edge.find(' ') + 1)] = edge.starts_with("on");
      EXPECT_FALSE(on["1"] && (on["2"] || on["3"])) << fmt::format("{}", fmt::join(edges(), ", "));
    }
  }
  [[nodiscard]] bool chip_holds(const std::string& content) const { return fake.chip() == content; }
  [[nodiscard]] static LockView lock() {
    auto view = look_at_lock(bench_lock("flashed").value());
    return view ? std::move(*view) : LockView{};
  }
  [[nodiscard]] static BenchState state() { return bench_state(lock()); }

  static constexpr std::size_t size = FakeProgrammer::size_bytes;
  TemporaryFolder folder;
  FakeProgrammer fake{folder.path() / "fake"};
  EmulatedChip dummy{folder.path() / "dummy"};
  std::string golden;
};

}  // namespace coldboot
