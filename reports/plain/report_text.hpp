#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace coldboot {

/// Console bytes as a report shows them: terminal control sequences (ECMA-48: CSI, OSC and the other strings, short
/// escapes) are removed, CR LF and a lone CR become LF, the rest goes through printable(). A sequence that is cut off
/// stays, its ESC visible as "\x1b". The untouched bytes are in the run folder.
std::string report_text(std::string_view bytes);

/// The same on one line of at most about `most` bytes, for names, messages and attributes.
std::string report_line(std::string_view bytes, std::size_t most = 1000);

/// How much of a console a report carries.
struct Excerpt {
  std::size_t head_lines = 50;
  std::size_t tail_lines = 150;
  std::size_t head_bytes = std::size_t{16} << 10U;
  std::size_t tail_bytes = std::size_t{48} << 10U;
};

/// `text` unchanged where it fits; else its head, one line that says how much was cut, its tail.
/// `text` is valid UTF-8 (report_text); no character is cut in two.
std::string excerpt(std::string_view text, const Excerpt& bounds = {});

}  // namespace coldboot
