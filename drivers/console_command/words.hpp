#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/core/result.hpp"

namespace coldboot {

/// A command as written in one line, as words: they end at blanks, but not within '...' or "...". No shell reads it, so
/// nothing else is special. Fault: `mistake` for a quote that does not end, or no word at all.
Result<std::vector<std::string>> words_of(std::string_view command);

}  // namespace coldboot
