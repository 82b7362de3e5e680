#include "harness/event/chunk_index.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "tests/event/sample_events.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
std::vector<Chunk> three_chunks() {
  return {{0, 10, run_origin + 1s, run_origin, true},
          {10, 5, run_origin + 3s, run_origin + 1s, false},
          {15, 7, Instant::max(), run_origin + 3s, false}};
}

std::string index_of(const std::vector<Chunk>& chunks) {
  std::string index(index_magic);
  for (const Chunk& chunk : chunks) append_index_record(index, chunk, run_origin);
  return index;
}

TEST(ChunkIndex, ReadsBackItsChunks) {
  const auto chunks = three_chunks();
  const std::string index = index_of(chunks);
  EXPECT_EQ(index.size(), 8 + 3 * 32U);
  const IndexReading reading = read_index(index, 22, run_origin);
  EXPECT_EQ(reading.chunks, chunks);
  EXPECT_FALSE(reading.torn);
  EXPECT_EQ(reading.damage, "");
}

TEST(ChunkIndex, TellsATornTailFromDamage) {
  const std::string index = index_of(three_chunks());
  for (std::size_t length = 0; length < index.size(); ++length) {
    const IndexReading reading = read_index(std::string_view(index).substr(0, length), 22, run_origin);
    const std::size_t whole = length < 8 ? 0 : (length - 8) / 32;
    EXPECT_EQ(reading.chunks.size(), whole) << length;
    EXPECT_EQ(reading.torn, length < 8 || (length - 8) % 32 != 0) << length;
    EXPECT_EQ(reading.damage, "") << length;
  }
}

TEST(ChunkIndex, IsCutWhereTheRawBytesEnd) {
  const std::string index = index_of(three_chunks());
  for (std::uint64_t raw = 0; raw <= 22; ++raw) {
    const IndexReading reading = read_index(index, raw, run_origin);
    std::uint64_t covered = 0;
    for (const Chunk& chunk : reading.chunks) {
      EXPECT_EQ(chunk.offset, covered);
      EXPECT_GT(chunk.length, 0U);
      covered += chunk.length;
    }
    EXPECT_EQ(covered, raw);
    EXPECT_EQ(reading.torn, raw < 22);
  }
}

TEST(ChunkIndex, StopsAtAnyChangedByte) {
  const std::string index = index_of(three_chunks());
  for (std::size_t i = 0; i < index.size(); ++i) {
    std::string changed = index;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    const IndexReading reading = read_index(changed, 22, run_origin);
    EXPECT_NE(reading.damage, "") << i;
    EXPECT_LT(reading.chunks.size(), 3U) << i;
  }
}

TEST(ChunkIndex, RefusesHolesAndImpossibleTimes) {
  EXPECT_EQ(read_index(index_of({{5, 1, run_origin, run_origin, true}}), 10, run_origin).damage,
            "a hole: byte 5 follows byte 0");
  const Instant far = run_origin + 200 * 365 * 24h;
  EXPECT_EQ(read_index(index_of({{0, 1, far, run_origin, true}}), 10, run_origin).damage, "a time is not plausible");
}

}  // namespace
}  // namespace coldboot
