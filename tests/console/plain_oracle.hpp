#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace coldboot {

struct OracleHit {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::size_t pattern = 0;
  std::size_t line = 0;
  std::string text;
};

/// What must be found in a whole console, told by the simplest code that knows the rules: clean byte by byte, split
/// into lines, ask PCRE2 for each pattern on each line. Shares nothing with the code it judges.
std::vector<OracleHit> oracle_hits(const std::vector<std::string>& regexes, const std::string& raw);

}  // namespace coldboot
