#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace coldboot {

/// Any bytes as text that every report may carry: valid UTF-8, no control characters but tab and line
/// feed. A byte or code point that XML 1.0 forbids, or that is not UTF-8, becomes visible: "\x1b".
/// Source of the allowed set: W3C XML 1.0, production Char.
std::string printable(std::string_view bytes);

/// printable() on one line: line feeds and tabs become "\n" and "\t" in visible form; cut after
/// `most` characters with an ellipsis.
std::string printable_line(std::string_view bytes, std::size_t most = 200);

/// What the system says of an error number: "No space left on device".
std::string errno_text(int error);

/// The name closest to `wanted` among `known` (edit distance, at most a third of the length), or "".
/// For "did you mean".
std::string closest(std::string_view wanted, const std::vector<std::string>& known);

}  // namespace coldboot
