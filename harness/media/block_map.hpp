#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/digest.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// Bytes of an image that must be written, one after the other.
struct MappedRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::string hash;  ///< of these bytes, lower-case hex; empty where the map has none
  bool operator==(const MappedRange&) const = default;
};

/// Which bytes of an image carry anything, as bmap-tools write it beside an image. The rest may be left as it is.
struct BlockMap {
  std::uint64_t image_bytes = 0;
  std::uint64_t mapped_bytes = 0;
  DigestKind hash = DigestKind::sha256;
  std::vector<MappedRange> ranges;  ///< ascending, apart from each other
};

/// Reads a block map of format 1.3 (with SHA-1), 1.4 or 2.0 (with SHA-256), and checks its hash of itself.
/// Source: bmap-tools 3.6, comments of a file that `bmaptool create` writes.
/// Fault: `mistake` saying what is wrong; `where` is its place.
Result<BlockMap> parse_block_map(std::string_view xml, const std::string& where);

}  // namespace coldboot
