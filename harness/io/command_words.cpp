#include "harness/io/command_words.hpp"

#include <fmt/format.h>

namespace coldboot {

Result<std::vector<std::string>> command_words(std::string_view line) {
  constexpr std::string_view ends = " \t'\"";
  std::vector<std::string> words;
  bool inside = false;  // of a word, which may be empty between quotes
  while (!line.empty()) {
    const char first = line.front();
    if (first == ' ' || first == '\t') {
      inside = false;
      line.remove_prefix(1);
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    const bool quoted = first == '\'' || first == '"';
    if (quoted) line.remove_prefix(1);
    const std::size_t length = quoted ? line.find(first) : line.find_first_of(ends);
    if (quoted && length == std::string_view::npos)
      return Fault(Cause::mistake, "", fmt::format("found a {} without its end before \"{}\"", first, line));
    words.back() += line.substr(0, length);
    line.remove_prefix(length == std::string_view::npos ? line.size() : length + (quoted ? 1 : 0));
  }
  if (words.empty() || words[0].empty()) return Fault(Cause::mistake, "", "found no program, expected a command");
  return words;
}

}  // namespace coldboot
