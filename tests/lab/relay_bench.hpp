#pragma once

#include <string>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/cli/program.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {

/// A run of the program itself on a bench whose power is a relay of the lab's: off, on, a moment of power, off. Its DUT
/// says nothing, so all that can go wrong is the relay.
class RelayBench {
 public:
  /// `power` is what stands in the bench file under that key.
  explicit RelayBench(const std::string& power) {
    put_text(folder_.path() / "bench.yaml",
             fmt::format("coldboot: bench/1\nname: lab-{}\npower: {}\nconsoles: {{com1: {{driver: replay}}}}\n",
                         ::getpid(), power));
    put_text(folder_.path() / "silent.yaml",
             "coldboot: profile/1\nname: silent\nmarkers: {never: {match: 'never said'}}\n");
    put_text(folder_.path() / "scenario.yaml",
             "coldboot: scenario/1\nname: relay\nconfigurations: {board: {profile: silent}}\nsteps:\n"
             "  - power-cycle: {}\n  - wait: {for: 20 ms}\n  - power-off: {how: cut}\n");
    const std::string at = folder_.path();
    ended_ = coldboot({"run", at + "/scenario.yaml", "--bench", at + "/bench.yaml", "--out", at + "/runs", "--quiet",
                       "--boots", "1"});
    events_ = events_of(only_run_in(folder_.path() / "runs"));
    const std::string result = text_of(only_run_in(folder_.path() / "runs") / "result.json");
    verdict_ = result.empty() ? "none" : nlohmann::json::parse(result).at("verdict").get<std::string>();
  }

  [[nodiscard]] int exit_status() const { return ended_.exit_status; }
  [[nodiscard]] const std::string& output() const { return ended_.output; }
  [[nodiscard]] const std::string& events() const { return events_; }
  [[nodiscard]] const std::string& verdict() const { return verdict_; }

  /// The last event of power switched on, as it stands in the record.
  [[nodiscard]] nlohmann::json switched_on() const {
    nlohmann::json found;
    for (std::size_t begin = 0; begin < events_.size();) {
      const std::size_t end = std::min(events_.find('\n', begin), events_.size());
      const auto event = nlohmann::json::parse(events_.substr(begin, end - begin));
      if (event.value("wanted", "") == "on") found = event;
      begin = end + 1;
    }
    return found;
  }

 private:
  TemporaryFolder folder_;
  ChildResult ended_;
  std::string events_;
  std::string verdict_;
};

}  // namespace coldboot
