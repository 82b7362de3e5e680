// Reads any bytes as a block map. It may be refused; what is accepted must lie within its image. A map is refused
// unless its hash of itself is right, so zeros in the place of a hash are replaced by the right one first.

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/core/digest.hpp"
#include "harness/media/block_map.hpp"

namespace {

using namespace coldboot;

constexpr std::size_t sha1_digits = 40;
constexpr std::size_t sha256_digits = 64;

std::string with_its_hash(std::string_view bytes) {
  std::string map(bytes);
  const bool is_old = map.find("BmapFileSHA1") != std::string::npos;
  const std::size_t digits = is_old ? sha1_digits : sha256_digits;
  const auto zeros = map.find(std::string(digits, '0'));
  if (zeros == std::string::npos) return map;
  Digest digest(is_old ? DigestKind::sha1 : DigestKind::sha256);
  digest.add({reinterpret_cast<const std::uint8_t*>(map.data()), map.size()});
  return map.replace(zeros, digits, digest.take_hex());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto map = parse_block_map(with_its_hash({reinterpret_cast<const char*>(data), size}), "fuzzed.bmap");
  if (!map) return 0;
  std::uint64_t next = 0;
  std::uint64_t mapped = 0;
  for (const MappedRange& range : map->ranges) {
    if (range.offset < next || range.length == 0) __builtin_trap();
    next = range.offset + range.length;
    mapped += range.length;
  }
  if (next > map->image_bytes || mapped != map->mapped_bytes) __builtin_trap();
  return 0;
}
