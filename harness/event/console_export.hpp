#pragma once

#include <string>

#include "harness/event/console_record.hpp"

namespace coldboot {

// A recorded console for the players people already have. Chunks without a stamp of their own play with the next
// stamp there is.

/// The two files of `scriptreplay --timing=TIMING TYPESCRIPT` (util-linux, classic format): each line of the timing
/// says how many seconds to wait and how many bytes to show then; the first line of the typescript is not shown.
struct ScriptReplay {
  std::string timing;
  std::string typescript;
};
ScriptReplay export_scriptreplay(const ConsoleRecord& console);

/// An asciicast of version 2 for `asciinema play`: one JSON object with the size of the terminal, then one line
/// [seconds, "o", text] for each chunk. Bytes that are not UTF-8 become U+FFFD, as the format demands text; characters
/// split between chunks stay whole.
std::string export_asciicast(const ConsoleRecord& console);

}  // namespace coldboot
