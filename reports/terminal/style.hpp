#pragma once

#include <string>
#include <string_view>

namespace coldboot {

/// How to write for one terminal, pipe or file.
struct TerminalStyle {
  bool colour = false;  ///< ANSI colours; nothing is ever said by colour alone
  int width = 80;       ///< columns
  bool unicode = true;  ///< false: ASCII only
};

/// True for a terminal that can rewrite a line. False for pipes, files and TERM=dumb.
bool is_live_terminal(int fd);

/// Colour on a live terminal unless NO_COLOR is set and not empty (no-color.org); width from the terminal, else
/// COLUMNS, else 80; unicode where LC_ALL, LC_CTYPE or LANG, in this order, names UTF-8.
TerminalStyle detect_style(int fd);

/// What a piece of text is, not how it looks.
enum class Ink { plain, heading, faint, good, bad, doubtful };

/// `text` in the colour of `ink`, or as it is where the style has none.
std::string inked(std::string_view text, Ink ink, const TerminalStyle& style);

}  // namespace coldboot
