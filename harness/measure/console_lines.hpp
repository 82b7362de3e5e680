#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coldboot {

/// A line of cleaned console text.
struct ConsoleLine {
  std::size_t number = 0;   ///< from 1
  std::uint64_t begin = 0;  ///< raw offset of its first byte of text
  std::uint64_t end = 0;    ///< raw offset behind its last byte of text
  std::string text;         ///< without escape sequences, bytes as they came
};

/// The lines of a console that hold more than blanks, in order.
std::vector<ConsoleLine> lines_of(std::string_view raw);

/// The last `most` of them, printable, for reports.
std::string tail_of(const std::vector<ConsoleLine>& lines, std::size_t most);

}  // namespace coldboot
