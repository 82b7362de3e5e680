#include "drivers/console_command/words.hpp"

#include <fmt/format.h>

namespace coldboot {

Result<std::vector<std::string>> words_of(std::string_view command) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = 0;
  for (const char c : command) {
    const bool blank = c == ' ' || c == '\t';
    if (quote == 0 && blank) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else {
      words.back() += c;
    }
  }
  if (quote != 0)
    return Fault(Cause::mistake, "", fmt::format("found a {} that does not end in \"{}\"", quote, command));
  if (words.empty() || words.front().empty()) return Fault(Cause::mistake, "", "found no command, expected a program");
  return words;
}

}  // namespace coldboot
