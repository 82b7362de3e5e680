#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/core/result.hpp"

namespace coldboot {

/// Says whether a pattern can be searched in console text. Faults (`mistake`): not a PCRE2 expression, with the place
/// in it; or it matches the empty string, and so everywhere.
Result<void> check_pattern(std::string_view pattern);

/// The names of the named captures of a pattern that compiles: "(?<bios>v[\d.]+)" has "bios".
std::vector<std::string> capture_names(std::string_view pattern);

}  // namespace coldboot
