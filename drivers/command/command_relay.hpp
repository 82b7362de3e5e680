#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/device/relay.hpp"

namespace coldboot {

/// Which commands switch a relay and tell its state. In their words {channel} stands for the channel and {index} for
/// the channel less one.
struct RelayCommands {
  using Words = std::vector<std::string>;

  Words closed;
  Words open;
  std::optional<Words> state{};
  /// What the state command writes; both empty where its exit status says it.
  std::string closed_output{};
  std::string open_output{};
  int closed_status = 0;
  int open_status = 1;
  Nanos limit{std::chrono::seconds(10)};  ///< for each command
  std::filesystem::path directory{};      ///< where they run
};

/// How a state command ended.
struct CommandEnd {
  int exit_status = 0;
  std::string output;
};

/// Which state the end of a state command means. Faults, without a place: `io` where it failed, `protocol` where it
/// said both or none.
Result<Contact> read_command(const CommandEnd& end, const RelayCommands& commands, int channel);

/// A relay that is switched by programs.
class CommandRelay final : public Relay {
 public:
  CommandRelay(RelayCommands commands, std::string where);

  /// Faults: those of run_child(), and `io` where the command ended with another status than 0, with its last line.
  Result<void> set(int channel, Contact wanted, const Until& until) override;
  Result<std::optional<Contact>> read(int channel, const Until& until) override;
  [[nodiscard]] std::string description() const override;

 private:
  [[nodiscard]] Result<CommandEnd> run(const RelayCommands::Words& words, int channel, const Until& until) const;

  RelayCommands commands_;
  std::string where_;
};

}  // namespace coldboot
