#include "drivers/command/command_driver.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "drivers/command/command_relay.hpp"
#include "harness/io/command_words.hpp"

namespace coldboot {
namespace {

constexpr int largest_status = 255;

struct CommandKeys {
  std::string closed;
  std::string open;
  std::optional<std::string> state;
  std::string closed_output;
  std::string open_output;
  std::optional<int> closed_status;
  std::optional<int> open_status;
  Nanos limit = RelayCommands().limit;
};

keys::Type<CommandKeys> command_type() {
  const auto command = [](const char* example) {
    return keys::checked<std::string>(keys::text(example), "a command", [](const std::string& text) -> Result<void> {
      const auto words = command_words(text);
      return words ? Result<void>() : words.error();
    });
  };
  const auto status = keys::integer(0, largest_status, "0");
  return keys::object<CommandKeys>(
             "command",
             "A relay switched by programs of your own. {channel} in their arguments stands for "
             "the channel, {index} for the channel less one. They run in the folder of this file, "
             "without a shell; '...' or \"...\" keep blanks together.")
      .required("closed", &CommandKeys::closed, command("usbrelay BITFT_{channel}=1"),
                "Command that closes a channel; it ends with status 0 when it did.")
      .required("open", &CommandKeys::open, command("usbrelay BITFT_{channel}=0"), "Command that opens it.")
      .optional("state", &CommandKeys::state, command("usbrelay"), "Command that tells whether it is closed.",
                "its state is assumed")
      .optional("closed-output", &CommandKeys::closed_output, keys::text("BITFT_{channel}=1"),
                "What `state` writes when it is closed, and only then.")
      .optional("open-output", &CommandKeys::open_output, keys::text("BITFT_{channel}=0"),
                "What it writes when it is open, and only then.")
      .optional("closed-status", &CommandKeys::closed_status, status,
                "Without those two: the status `state` ends with when it is closed.", "0")
      .optional("open-status", &CommandKeys::open_status, status, "And when it is open.", "1")
      .optional("limit", &CommandKeys::limit, keys::time_limit("10 s"), "How long a command may take.", "10 s");
}

Result<RelayCommands> commands_of(const CommandKeys& keys, const Place& place) {
  const auto wrong = [&place](const char* what) { return Fault(Cause::mistake, place.text(), what); };
  if (keys.closed_output.empty() != keys.open_output.empty())
    return wrong("found one of closed-output and open-output, expected both or neither");
  if (!keys.closed_output.empty() && (keys.closed_status || keys.open_status))
    return wrong("found outputs and statuses of the state, expected one of them");
  if (keys.state == std::nullopt && (!keys.closed_output.empty() || keys.closed_status || keys.open_status))
    return wrong("found what a state means, expected the command `state` that tells it");
  RelayCommands commands{.closed = command_words(keys.closed).value(), .open = command_words(keys.open).value()};
  if (keys.state) commands.state = command_words(*keys.state).value();
  commands.closed_output = keys.closed_output;
  commands.open_output = keys.open_output;
  commands.closed_status = keys.closed_status.value_or(commands.closed_status);
  commands.open_status = keys.open_status.value_or(commands.open_status);
  if (commands.closed_status == commands.open_status) return wrong("found one status for closed and open");
  if (commands.closed == commands.open) return wrong("found one command for closed and open");
  commands.limit = keys.limit;
  commands.directory = std::filesystem::path(place.file).parent_path();
  return commands;
}

}  // namespace

keys::Table command_relay_keys() {
  return keys::table<CommandKeys>(command_type());
}

Result<std::unique_ptr<Relay>> open_command_relay(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  const auto keys = keys::from_kept(command_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto commands = commands_of(*keys, entry.place);
  if (!commands) return commands.error();
  return std::make_unique<CommandRelay>(std::move(*commands), context.where);
}

}  // namespace coldboot
