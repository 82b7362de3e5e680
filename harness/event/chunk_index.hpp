#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/event/console_record.hpp"

namespace coldboot {

// console-NAME.index: when the bytes of console-NAME.raw arrived. A header, then records of 32 bytes, little endian:
//
//     0  u64  offset      of the chunk's first byte in the raw file
//     8  i64  arrival     ns since the run's origin; 2^63-1 where nothing later is known
//    16  i64  not_before  ns since the run's origin: the read before this one
//    24  u32  length      bytes, in the low 31 bits; the top bit is set where the chunk has no stamp of its own
//    28  u32  checksum    CRC-32 (that of zip and zlib) of the 28 bytes before it
//
// docs/run-folder.md shows how to read it.

/// The first bytes of every index; the last one is the version.
inline constexpr std::string_view index_magic("CBINDEX\x01", 8);
inline constexpr std::size_t index_record_bytes = 32;

/// Appends the record of one chunk to `index`.
void append_index_record(std::string& index, const Chunk& chunk, Instant origin);

/// What an index says about a raw file of `raw_bytes` bytes.
struct IndexReading {
  std::vector<Chunk> chunks;  ///< in order, without holes, from offset 0, all inside the raw file
  bool torn = false;          ///< it ends in part of a record, or speaks of bytes that are not there
  std::string damage;         ///< why reading stopped before the end; empty where it did not
};

/// Reads an index as far as it is valid. Any bytes are accepted.
IndexReading read_index(std::string_view index, std::uint64_t raw_bytes, Instant origin);

}  // namespace coldboot
