#pragma once

#include <string>
#include <vector>

#include "harness/core/result.hpp"
#include "harness/import/import_log.hpp"
#include "harness/scenario/scenario.hpp"

namespace coldboot {

/// What became of a configuration's markers in a log.
struct MarkerTrial {
  struct Seen {
    std::string marker;
    std::size_t line = 0;
  };
  std::vector<Seen> seen;               ///< first hits, in the order of the profile
  std::vector<std::string> never;       ///< never matched
  std::vector<std::string> needed;      ///< of those, the ones a step waits for or a quantity needs
  std::vector<std::string> too_early;   ///< match the text, but only before the marker they must come after
  std::vector<std::string> disordered;  ///< spans whose end was seen only before their beginning

  [[nodiscard]] bool good() const { return needed.empty() && disordered.empty(); }
};

/// Looks for a configuration's markers in a log of another tool. Faults: `mistake` for a pattern that does not compile.
Result<MarkerTrial> try_markers(const Configuration& configuration, const ImportedLog& log);

std::string describe(const MarkerTrial& trial, const Configuration& configuration, const ImportedLog& log);

}  // namespace coldboot
