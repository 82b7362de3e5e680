#include "drivers/console_command/command_console_driver.hpp"

#include "drivers/console_command/command_console.hpp"
#include "harness/io/command_words.hpp"

namespace coldboot {
namespace {

struct CommandKeys {
  std::string run;
  bool terminal = false;
};

keys::Type<CommandKeys> command_type() {
  const auto command = keys::checked<std::string>(keys::text("ssh -T lab@rte-3 microcom"), "a command",
                                                  [](const std::string& text) -> Result<void> {
                                                    const auto words = command_words(text);
                                                    return words ? Result<void>() : words.error();
                                                  });
  return keys::object<CommandKeys>("command console", "A program whose standard input and output is the console.")
      .required(
          "run", &CommandKeys::run, command,
          "The program and its arguments, in '...' or \"...\" where they hold blanks; no shell reads them. It runs "
          "in the folder of this file.")
      .optional("terminal", &CommandKeys::terminal, keys::boolean(),
                "The program is given a terminal, which some clients (ipmitool, conserver's console) ask for.",
                "`false`");
}

}  // namespace

keys::Table command_console_keys() {
  return keys::table<CommandKeys>(command_type());
}

Result<std::unique_ptr<ByteStream>> open_command_console(const DeviceEntry& entry, const std::string&,
                                                         OpenContext& context) {
  const auto keys = keys::from_kept(command_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto words = command_words(keys->run);
  if (!words) return words.error();
  const auto folder = std::filesystem::path(entry.place.file).parent_path();
  return CommandConsole::open({.command = std::move(*words), .terminal = keys->terminal, .directory = folder},
                              context.where, context.tell);
}

}  // namespace coldboot
