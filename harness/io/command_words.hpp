#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/core/result.hpp"

namespace coldboot {

/// A command that a user wrote in one line, as its program and arguments. Blanks separate them, and are kept between
/// '...' or "..."; nothing else means anything, since no shell reads it. Fault: `mistake` (no program, a quote without
/// its end).
Result<std::vector<std::string>> command_words(std::string_view line);

}  // namespace coldboot
