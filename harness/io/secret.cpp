#include "harness/io/secret.hpp"

#include <cstdlib>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "harness/core/clock.hpp"
#include "harness/io/child_process.hpp"
#include "harness/io/command_words.hpp"
#include "harness/io/read_file.hpp"

namespace coldboot {
namespace {

constexpr std::string_view in_file = "file:";
constexpr std::string_view in_environment = "env:";
constexpr std::string_view by_command = "command:";
constexpr Nanos command_limit = std::chrono::seconds(10);
constexpr std::size_t longest_file = 64 * 1024;

Result<std::string> first_line_of(const std::filesystem::path& file, const std::string& where) {
  const auto text = read_file(file, longest_file);
  if (!text) {
    return Fault(text.error().cause(), where, fmt::format("no secret: {}", text.error().text()),
                 "write it into that file, for this user alone to read");
  }
  return text->substr(0, text->find_first_of("\r\n"));
}

Result<std::string> variable(const std::string& name, const std::string& where) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing of ours sets variables
  if (value == nullptr)
    return Fault(Cause::missing, where, fmt::format("no secret: the environment variable {} is not set", name),
                 "set it where coldboot is started");
  return std::string(value);
}

/// What a program says first. A fault does not repeat what it said: that may be the secret.
Result<std::string> told_by(const std::string& command, const std::filesystem::path& folder, const std::string& where) {
  const auto words = command_words(command);
  if (!words) return Fault(Cause::mistake, where, fmt::format("no secret: {}", words.error().text()));
  const auto ended = run_child(*words, Until(SteadyClock().now() + command_limit), {.directory = folder});
  if (!ended) return Fault(ended.error().cause(), where, fmt::format("no secret: {}", ended.error().text()));
  if (ended->exit_status != 0) {
    return Fault(Cause::refused, where,
                 fmt::format("no secret: {} ended with status {}", words->front(), ended->exit_status),
                 "run it by hand, as this user: it is not asked for a passphrase here");
  }
  return ended->output.substr(0, ended->output.find_first_of("\r\n"));
}

}  // namespace

Result<void> check_secret_reference(const std::string& reference) {
  for (const std::string_view start : {in_file, in_environment, by_command}) {
    if (reference.starts_with(start) && reference.size() > start.size()) return {};
  }
  return Fault(Cause::mistake, "", "found something else, expected file:PATH, env:NAME or command:WORDS",
               "a password itself does not belong into this file");
}

Result<std::string> read_secret(const std::string& reference, const std::filesystem::path& folder,
                                const std::string& where) {
  if (const auto good = check_secret_reference(reference); !good) return good.error();
  auto secret = [&]() -> Result<std::string> {
    if (const auto file = secret_file(reference, folder); !file.empty()) return first_line_of(file, where);
    if (reference.starts_with(by_command)) return told_by(reference.substr(by_command.size()), folder, where);
    return variable(reference.substr(in_environment.size()), where);
  }();
  if (secret && secret->empty()) return Fault(Cause::mistake, where, fmt::format("the secret {} is empty", reference));
  return secret;
}

std::filesystem::path secret_file(const std::string& reference, const std::filesystem::path& folder) {
  return reference.starts_with(in_file) ? folder / reference.substr(in_file.size()) : std::filesystem::path();
}

}  // namespace coldboot
