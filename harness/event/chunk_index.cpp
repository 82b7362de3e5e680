#include "harness/event/chunk_index.hpp"

#include <array>
#include <limits>

#include <boost/crc.hpp>
#include <fmt/format.h>

#include "harness/event/time_line.hpp"

namespace coldboot {
namespace {

constexpr std::size_t checked_bytes = 28;
constexpr std::uint32_t unstamped_bit = 0x8000'0000U;
constexpr std::int64_t never_ns = std::numeric_limits<std::int64_t>::max();

template <class T>
void store(std::array<char, index_record_bytes>& record, std::size_t at, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) record.at(at + i) = static_cast<char>(value >> (8 * i) & 0xFFU);
}

template <class T>
T load(std::string_view record, std::size_t at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value |= static_cast<T>(static_cast<std::uint8_t>(record[at + i])) << (8 * i);
  return value;
}

std::uint32_t checksum(std::string_view record) {
  boost::crc_32_type crc;
  crc.process_bytes(record.data(), checked_bytes);
  return crc.checksum();
}

std::int64_t to_disk(Instant origin, Instant at) {
  return at == Instant::max() ? never_ns : ns_since(origin, at);
}

/// A chunk, or why these 32 bytes are none.
struct ParsedRecord {
  Chunk chunk;
  std::string wrong;
};

ParsedRecord parse_record(std::string_view record, std::uint64_t expected_offset, Instant origin) {
  if (load<std::uint32_t>(record, checked_bytes) != checksum(record)) return {{}, "a checksum is wrong"};
  const auto offset = load<std::uint64_t>(record, 0);
  const auto arrival = static_cast<std::int64_t>(load<std::uint64_t>(record, 8));
  const auto not_before = static_cast<std::int64_t>(load<std::uint64_t>(record, 16));
  const auto length = load<std::uint32_t>(record, 24);
  if (offset != expected_offset) return {{}, fmt::format("a hole: byte {} follows byte {}", offset, expected_offset)};
  const bool open_ended = arrival == never_ns;
  if ((!open_ended && !is_plausible_ns(arrival)) || !is_plausible_ns(not_before))
    return {{}, "a time is not plausible"};
  Chunk chunk;
  chunk.offset = offset;
  chunk.length = length & ~unstamped_bit;
  chunk.arrival = open_ended ? Instant::max() : instant_at(origin, arrival);
  chunk.not_before = instant_at(origin, not_before);
  chunk.stamped = (length & unstamped_bit) == 0;
  return {chunk, ""};
}

}  // namespace

void append_index_record(std::string& index, const Chunk& chunk, Instant origin) {
  std::array<char, index_record_bytes> record{};
  store(record, 0, chunk.offset);
  store(record, 8, static_cast<std::uint64_t>(to_disk(origin, chunk.arrival)));
  store(record, 16, static_cast<std::uint64_t>(to_disk(origin, chunk.not_before)));
  store(record, 24, chunk.length | (chunk.stamped ? 0U : unstamped_bit));
  store(record, checked_bytes, checksum({record.data(), record.size()}));
  index.append(record.data(), record.size());
}

IndexReading read_index(std::string_view index, std::uint64_t raw_bytes, Instant origin) {
  IndexReading reading;
  if (!index.starts_with(index_magic)) {
    reading.torn = index_magic.starts_with(index);
    if (!reading.torn) reading.damage = "it does not begin as an index does";
    return reading;
  }
  index.remove_prefix(index_magic.size());
  std::uint64_t end = 0;
  while (index.size() >= index_record_bytes) {
    auto [chunk, wrong] = parse_record(index.substr(0, index_record_bytes), end, origin);
    if (!wrong.empty()) {
      reading.damage = std::move(wrong);
      return reading;
    }
    index.remove_prefix(index_record_bytes);
    if (end + chunk.length > raw_bytes) {
      reading.torn = true;
      chunk.length = static_cast<std::uint32_t>(raw_bytes - end);
    }
    if (chunk.length > 0) reading.chunks.push_back(chunk);
    end += chunk.length;
    if (reading.torn) return reading;
  }
  reading.torn = !index.empty();
  return reading;
}

}  // namespace coldboot
