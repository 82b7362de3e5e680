#pragma once

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/core/digest.hpp"
#include "harness/io/child_process.hpp"
#include "tests/soon.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {

constexpr std::size_t sample_block = 4096;

/// An image with holes, and what is in them is not its own.
struct SampleImage {
  std::string bytes;
  std::vector<bool> mapped;  ///< by block

  /// `share` of the blocks carry something; runs of them are about `run` long.
  static SampleImage random(std::mt19937& random, std::size_t size, double share, double run) {
    SampleImage image;
    image.bytes.assign(size, '\0');
    image.mapped.assign((size + sample_block - 1) / sample_block, false);
    bool inside = false;
    std::uniform_real_distribution<double> chance(0, 1);
    for (std::size_t block = 0; block < image.mapped.size(); ++block) {
      if (chance(random) < 1 / run) inside = chance(random) < share;
      if (!inside) continue;
      image.mapped[block] = true;
      const std::size_t end = std::min(size, (block + 1) * sample_block);
      const bool is_text = chance(random) < 0.5;  // packs well
      for (std::size_t at = block * sample_block; at < end; ++at)
        image.bytes[at] = static_cast<char>(is_text ? 'a' + at % 7 : random());
    }
    return image;
  }
};

inline std::string hash_of_text(std::string_view text, DigestKind kind = DigestKind::sha256) {
  Digest digest(kind);
  digest.add({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  return digest.take_hex();
}

/// The block map of an image, as bmap-tools would write it; version 1.3 or 2.0.
inline std::string block_map_of(const SampleImage& image, const std::string& version = "2.0") {
  const bool is_old = version == "1.3";
  const DigestKind kind = is_old ? DigestKind::sha1 : DigestKind::sha256;
  const std::string zeros(is_old ? 40 : 64, '0');
  std::string ranges;
  for (std::size_t block = 0; block < image.mapped.size(); ++block) {
    if (!image.mapped[block]) continue;
    const std::size_t first = block;
    while (block + 1 < image.mapped.size() && image.mapped[block + 1]) ++block;
    const std::string_view bytes =
        std::string_view(image.bytes).substr(first * sample_block, (block + 1 - first) * sample_block);
    ranges += fmt::format("    <Range {}=\"{}\"> {} </Range>\n", is_old ? "sha1" : "chksum", hash_of_text(bytes, kind),
                          first == block ? std::to_string(first) : fmt::format("{}-{}", first, block));
  }
  const std::string head = is_old ? fmt::format("  <BmapFileSHA1> {} </BmapFileSHA1>\n", zeros)
                                  : fmt::format(
                                        "  <ChecksumType> sha256 </ChecksumType>\n"
                                        "  <BmapFileChecksum> {} </BmapFileChecksum>\n",
                                        zeros);
  std::string map = fmt::format(
      "<?xml version=\"1.0\" ?>\n<bmap version=\"{}\">\n  <ImageSize> {} </ImageSize>\n  <BlockSize> {} </BlockSize>\n"
      "  <BlocksCount> {} </BlocksCount>\n{}  <BlockMap>\n{}  </BlockMap>\n</bmap>\n",
      version, image.bytes.size(), sample_block, image.mapped.size(), head, ranges);
  return map.replace(map.find(zeros), zeros.size(), hash_of_text(map, kind));
}

/// Packs a file with the program of that name; what it makes lies beside it.
inline std::filesystem::path packed_by(const std::vector<std::string>& program, const std::filesystem::path& file,
                                       const std::string& suffix) {
  std::vector<std::string> command = program;
  command.push_back(file.string());
  const auto ended = run_child(command, soon());
  EXPECT_TRUE(ended && ended->exit_status == 0) << (ended ? ended->output : ended.error().text());
  return file.string() + suffix;
}

inline std::filesystem::path packed_xz(const std::filesystem::path& file) {
  return packed_by({"xz", "--keep", "--force", "-1"}, file, ".xz");
}
inline std::filesystem::path packed_zstd(const std::filesystem::path& file) {
  return packed_by({"zstd", "--quiet", "--force", "-1"}, file, ".zst");
}
inline std::filesystem::path packed_gzip(const std::filesystem::path& file) {
  return packed_by({"gzip", "--keep", "--force", "-1"}, file, ".gz");
}

}  // namespace coldboot
