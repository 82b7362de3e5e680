#pragma once

#include <filesystem>
#include <ostream>
#include <string>

namespace coldboot {

/// The profiles and scenarios these tests read.
inline const std::filesystem::path files = std::filesystem::path(COLDBOOT_SOURCE_DIR) / "tests/scenario/files";

/// A file that is refused.
struct Wrong {
  const char* name;
  std::string body;      ///< from line 3
  const char* expected;  ///< the mistakes, a line each
};

inline void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << wrong.body;
}

}  // namespace coldboot
