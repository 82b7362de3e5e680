#include "drivers/command/command_relay.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/io/child_process.hpp"
#include "harness/io/kept_output.hpp"

namespace coldboot {
namespace {

constexpr std::size_t most_kept = 64 * 1024;

std::string with_channel(std::string text, int channel) {
  for (const auto& [name, value] : {std::pair<std::string, int>("{channel}", channel), {"{index}", channel - 1}}) {
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name))
      text.replace(at, name.size(), std::to_string(value));
  }
  return text;
}

std::string last_line_of(const std::string& output) {
  KeptOutput kept(most_kept);
  kept.add(output);
  const std::string last = kept.last_line();
  return last.empty() ? "it wrote nothing" : fmt::format("last line \"{}\"", printable_line(last));
}

Fault failed(const CommandEnd& end) {
  return Fault(Cause::io, "", fmt::format("it ended with status {}, {}", end.exit_status, last_line_of(end.output)));
}

}  // namespace

Result<Contact> read_command(const CommandEnd& end, const RelayCommands& commands, int channel) {
  const bool by_output = !commands.closed_output.empty();
  if (by_output && end.exit_status != 0) return failed(end);
  const auto says = [&](const std::string& text, int status) {
    return by_output ? end.output.find(with_channel(text, channel)) != std::string::npos : end.exit_status == status;
  };
  const bool closed = says(commands.closed_output, commands.closed_status);
  const bool open = says(commands.open_output, commands.open_status);
  if (closed != open) return closed ? Contact::closed : Contact::open;
  if (!by_output) return failed(end);
  return Fault(Cause::protocol, "",
               fmt::format("it wrote \"{}\", expected either \"{}\" or \"{}\" in it", printable_line(end.output),
                           with_channel(commands.closed_output, channel), with_channel(commands.open_output, channel)));
}

CommandRelay::CommandRelay(RelayCommands commands, std::string where)
    : commands_(std::move(commands)), where_(std::move(where)) {}

Result<void> CommandRelay::set(int channel, Contact wanted, const Until& until) {
  const RelayCommands::Words& words = wanted == Contact::closed ? commands_.closed : commands_.open;
  const auto end = run(words, channel, until);
  if (!end) return end.error();
  if (end->exit_status == 0) return {};
  const Fault fault = failed(*end);
  return Fault(fault.cause(), where_, fmt::format("{}: {}", words[0], fault.what()));
}

Result<std::optional<Contact>> CommandRelay::read(int channel, const Until& until) {
  if (!commands_.state) return std::optional<Contact>();
  const auto end = run(*commands_.state, channel, until);
  if (!end) return end.error();
  const auto contact = read_command(*end, commands_, channel);
  if (contact) return std::optional(*contact);
  const Fault fault = contact.error();
  return Fault(fault.cause(), where_, fmt::format("{}: {}", commands_.state->at(0), fault.what()), fault.hint());
}

std::string CommandRelay::description() const {
  return fmt::format("relay switched by {}", commands_.closed[0]);
}

Result<CommandEnd> CommandRelay::run(const RelayCommands::Words& words, int channel, const Until& until) const {
  std::vector<std::string> argv;
  for (const std::string& word : words) argv.push_back(with_channel(word, channel));
  ChildOptions options;
  options.directory = commands_.directory;
  options.most_output = most_kept;
  const Instant deadline = std::min(until.deadline, std::chrono::steady_clock::now() + commands_.limit);
  auto ended = run_child(argv, Until(deadline, until.stop), options);
  if (ended) return CommandEnd{ended->exit_status, std::move(ended->output)};
  const Fault fault = ended.error();
  return Fault(fault.cause(), where_, fmt::format("{}: {}", fault.where(), fault.what()), fault.hint());
}

}  // namespace coldboot
