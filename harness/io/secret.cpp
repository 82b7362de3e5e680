#include "harness/io/secret.hpp"

#include <cstdlib>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "harness/io/read_file.hpp"

namespace coldboot {
namespace {

constexpr std::string_view in_file = "file:";
constexpr std::string_view in_environment = "env:";
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

}  // namespace

Result<void> check_secret_reference(const std::string& reference) {
  for (const std::string_view start : {in_file, in_environment}) {
    if (reference.starts_with(start) && reference.size() > start.size()) return {};
  }
  return Fault(Cause::mistake, "", "found something else, expected file:PATH or env:NAME",
               "a password itself does not belong into this file");
}

Result<std::string> read_secret(const std::string& reference, const std::filesystem::path& folder,
                                const std::string& where) {
  if (const auto good = check_secret_reference(reference); !good) return good.error();
  const std::filesystem::path file = secret_file(reference, folder);
  auto secret = !file.empty() ? first_line_of(file, where) : variable(reference.substr(in_environment.size()), where);
  if (secret && secret->empty()) return Fault(Cause::mistake, where, fmt::format("the secret {} is empty", reference));
  return secret;
}

std::filesystem::path secret_file(const std::string& reference, const std::filesystem::path& folder) {
  return reference.starts_with(in_file) ? folder / reference.substr(in_file.size()) : std::filesystem::path();
}

}  // namespace coldboot
