#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "harness/core/clock.hpp"

namespace coldboot {

/// One place where a marker's pattern matched.
struct MarkerHit {
  std::string marker;
  std::string console;      ///< empty for power-on and the like
  std::uint64_t begin = 0;  ///< raw byte offsets of the match, [begin, end)
  std::uint64_t end = 0;
  std::size_t line = 0;                         ///< console line it stands in, from 1; 0 where there is none
  Instant at{};                                 ///< when its last byte arrived; an upper bound where !stamped
  Instant not_before{};                         ///< its last byte did not arrive before this
  bool stamped = true;                          ///< false: imported text without a stamp of its own
  std::string text;                             ///< the matched text, printable
  std::map<std::string, std::string> captures;  ///< named captures, printable
  bool operator==(const MarkerHit&) const = default;
};

/// One place where a failure signature was found.
struct FailureHit {
  std::string failure;  ///< its class: "panic"
  std::string console;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::size_t line = 0;
  Instant at{};
  bool fatal = true;  ///< false: it only tags the boot
  std::string text;   ///< the line it stands in, printable
  bool operator==(const FailureHit&) const = default;
};

}  // namespace coldboot
