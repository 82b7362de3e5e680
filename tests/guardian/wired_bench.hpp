#pragma once

#include <atomic>
#include <cstdlib>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/bench/lease.hpp"
#include "tests/cli/program.hpp"
#include "tests/drivers/tasmota/tasmota_emulator.hpp"
#include "tests/io/listener.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {

/// A board behind a console server that boots whenever channel 1 of an outlet lets current through, and answers each
/// line it is sent.
class WiredBoard {
 public:
  WiredBoard() : boots_([this](const std::stop_token& stop) { live(stop); }) {}

  [[nodiscard]] const OutletServer& outlet() const { return outlet_; }
  [[nodiscard]] OutletServer& outlet() { return outlet_; }
  [[nodiscard]] bool is_on() const { return outlet_.is_closed(1); }
  [[nodiscard]] int console_port() const { return server_.port(); }

 private:
  void live(const std::stop_token& stop) {
    Descriptor line;
    bool was_on = false;
    while (!stop.stop_requested()) {
      pollfd waiting{line.is_open() ? line.get() : server_.descriptor(), POLLIN, 0};
      if (::poll(&waiting, 1, 1) > 0) line = line.is_open() ? answered(std::move(line)) : server_.accept();
      if (is_on() && !was_on && line.is_open()) speak(line, "PC Engines apu2\r\nBooting...\r\n");
      was_on = is_on() && line.is_open();
    }
  }
  static void speak(const Descriptor& line, std::string_view text) {
    (void)::send(line.get(), text.data(), text.size(), MSG_NOSIGNAL);
  }
  static Descriptor answered(Descriptor line) {
    std::array<char, 256> heard{};
    const ssize_t count = ::read(line.get(), heard.data(), heard.size());
    if (count <= 0) return Descriptor();
    speak(line, fmt::format("<{}>", std::string_view(heard.data(), static_cast<std::size_t>(count))));
    return line;
  }

  OutletServer outlet_{tasmota_dialect()};
  Listener server_;
  std::jthread boots_;
};

/// That board on a bench, with locks of its own.
class WiredBench : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("COLDBOOT_LOCKS", (folder.path() / "locks").c_str(), 1);
    (void)folder.write("bench.yaml", fmt::format("coldboot: bench/1\n"
                                                 "name: wired\n"
                                                 "power: {{driver: tasmota, url: \"{}\", channel: 1, off-min: 0 s}}\n"
                                                 "consoles:\n  com1: {{driver: tcp, address: \"127.0.0.1:{}\"}}\n",
                                                 board.outlet().url(), board.console_port()));
    (void)folder.write("profile.yaml",
                       "coldboot: profile/1\nname: profile\nmarkers:\n  kernel: {match: 'Booting'}\n"
                       "  never: {match: 'this is not said'}\n"
                       "spans: {firmware: {from: power-on, to: kernel}}\n");
    write_scenario("quick.yaml", "{marker: kernel, within: 30 s}");
    write_scenario("endless.yaml", "{marker: never, within: 10 min}");
  }
  void write_scenario(const std::string& name, const std::string& expected) const {
    (void)folder.write(name, fmt::format("coldboot: scenario/1\nname: {}\nbench: bench.yaml\n"
                                         "configurations:\n  board: {{profile: profile}}\n"
                                         "steps:\n  - power-cycle: {{off-for: 0 s}}\n  - expect: {}\n",
                                         name.substr(0, name.find('.')), expected));
  }

  [[nodiscard]] std::vector<std::string> run_of(const std::string& scenario) const {
    return {"run", (folder.path() / scenario).string(), "--out", runs().string(), "--quiet"};
  }
  [[nodiscard]] ChildResult run(const std::string& scenario, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = run_of(scenario);
    arguments.insert(arguments.end(), more.begin(), more.end());
    return coldboot(arguments);
  }
  [[nodiscard]] std::string bench() const { return (folder.path() / "bench.yaml").string(); }
  [[nodiscard]] std::filesystem::path runs() const { return folder.path() / "runs"; }
  [[nodiscard]] static LockView lock() {
    auto view = look_at_lock(bench_lock("wired").value());
    return view ? std::move(*view) : LockView{};
  }

  TemporaryFolder folder;
  WiredBoard board;
};

}  // namespace coldboot
