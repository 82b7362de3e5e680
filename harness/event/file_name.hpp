#pragma once

#include <string>
#include <string_view>

namespace coldboot {

/// Any name as one component of a path: letters, digits, `.`, `_` and `-` stay, everything else becomes %41 and the
/// like, and so does a leading dot. An empty name becomes "%".
std::string file_name_of(std::string_view name);

/// The name file_name_of was given.
std::string name_of_file(std::string_view file_name);

}  // namespace coldboot
