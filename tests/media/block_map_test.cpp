#include "harness/media/block_map.hpp"

#include <gmock/gmock.h>

#include "tests/media/sample_image.hpp"

namespace coldboot {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

SampleImage three_and_a_half_blocks() {
  SampleImage image;
  image.bytes = std::string(3 * sample_block + 100, 'x');
  image.mapped = {true, false, true, true};
  return image;
}

/// A map with a text of it replaced, and its hash of itself right again.
std::string changed(std::string map, const std::string& from, const std::string& to) {
  const std::string begin = "<BmapFileChecksum> ";
  map.replace(map.find(begin) + begin.size(), 64, std::string(64, '0'));
  const auto at = map.find(from);
  if (at == std::string::npos) return "the text to be changed is not there: " + from;
  map.replace(at, from.size(), to);
  const auto zeros = map.find(std::string(64, '0'));
  if (zeros != std::string::npos) map.replace(zeros, 64, hash_of_text(map));
  return map;
}

TEST(BlockMap, SaysWhichBytesMatter) {
  for (const std::string version : {"1.3", "1.4", "2.0"}) {
    const auto map = parse_block_map(block_map_of(three_and_a_half_blocks(), version), "x.bmap");
    ASSERT_TRUE(map) << map.error().text();
    EXPECT_EQ(map->image_bytes, 3 * sample_block + 100);
    EXPECT_EQ(map->mapped_bytes, 2 * sample_block + 100) << "the last block is cut short";
    ASSERT_EQ(map->ranges.size(), 2U);
    EXPECT_EQ(map->ranges[0].length, sample_block);
    EXPECT_EQ(map->ranges[1].offset, 2 * sample_block);
    EXPECT_EQ(map->ranges[1].length, sample_block + 100);
    EXPECT_EQ(map->ranges[1].hash.size(), version == "1.3" ? 40U : 64U);
  }
}

TEST(BlockMap, ThatIsWrongSaysWhere) {
  const std::string good = block_map_of(three_and_a_half_blocks());
  struct Case {
    std::string name;
    std::string xml;
    std::string expected;
  };
  const std::vector<Case> cases = {
      {"no XML", "what is this", "is no XML at byte 12"},
      {"cut off", good.substr(0, good.size() / 2), "no XML at byte"},
      {"something else", "<html/>", "no <bmap>"},
      {"changed by hand", std::string(good).replace(good.find("12388"), 5, "12389"), "was changed since it was made"},
      {"old version", changed(good, "version=\"2.0\"", "version=\"1.2\""), "found a block map of version \"1.2\""},
      {"new version", changed(good, "version=\"2.0\"", "version=\"3.0\""), "found a block map of version \"3.0\""},
      {"other hashes", changed(good, "> sha256 <", "> sha512 <"), "found checksums of type \"sha512\""},
      {"no hash", changed(good, "BmapFileChecksum>", "Nothing>"), "no XML"},
      {"no size", changed(good, "> 12388 <", "> much <"), "found \"much\" in <ImageSize>"},
      {"blocks do not fit", changed(good, "> 4 <", "> 5 <"), "found 5 blocks, expected 4"},
      {"no blocks", changed(good, "> 4096 <", "> 0 <"), "found blocks of 0 bytes"},
      {"beyond the end", changed(good, "> 2-3 <", "> 2-4 <"), "found the range \"2-4\", expected blocks below 4"},
      {"backwards", changed(good, "> 2-3 <", "> 3-2 <"), "found the range \"3-2\""},
      {"overlapping", changed(good, "> 2-3 <", "> 0-3 <"), "found the range \"0-3\" after block 0"},
      {"a huge block", changed(good, "> 2-3 <", "> 2-99999999999999999999 <"), "found the range"},
      {"a strange hash", changed(good, "chksum=\"", "chksum=\"zz"), "found the hash \"zz"},
  };
  for (const Case& wrong : cases) {
    const auto map = parse_block_map(wrong.xml, "x.bmap");
    ASSERT_FALSE(map) << wrong.name;
    EXPECT_EQ(map.error().cause(), Cause::mistake) << wrong.name;
    EXPECT_THAT(map.error().text(), HasSubstr(wrong.expected)) << wrong.name;
    EXPECT_EQ(map.error().where(), "x.bmap");
  }
}

TEST(BlockMap, MayMapNothing) {
  SampleImage empty{.bytes = std::string(sample_block, '\0'), .mapped = {false}};
  const auto map = parse_block_map(block_map_of(empty), "x.bmap");
  ASSERT_TRUE(map) << map.error().text();
  EXPECT_THAT(map->ranges, IsEmpty());
}

}  // namespace
}  // namespace coldboot
