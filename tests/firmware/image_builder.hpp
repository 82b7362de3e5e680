#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/firmware/firmware_image.hpp"

namespace coldboot {

/// Builds flash images as coreboot's tools lay them out, of bytes that say nothing else.
class ImageBuilder {
 public:
  explicit ImageBuilder(std::size_t size, char fill = '\xff') : image_(size, fill) {}

  ImageBuilder& put(std::size_t at, std::string_view bytes) {
    image_.replace(at, bytes.size(), bytes);
    return *this;
  }

  ImageBuilder& map(std::size_t at, const std::vector<FlashArea>& areas) {
    std::string bytes = "__FMAP__";
    bytes += little(1, 1) + little(1, 1) + little(0x100000000U - image_.size(), 8) + little(image_.size(), 4) +
             padded("FLASH") + little(areas.size(), 2);
    for (const FlashArea& area : areas)
      bytes += little(area.offset, 4) + little(area.size, 4) + padded(area.name) + little(0, 2);
    return put(at, bytes);
  }

  enum class Compression : std::uint8_t { none, lzma };

  ImageBuilder& file(std::size_t at, std::string_view name, std::string_view content,
                     Compression compression = Compression::none) {
    constexpr std::size_t head = 24;
    constexpr std::uint32_t raw = 0x50;
    const std::size_t name_length = (name.size() / 16 + 1) * 16;
    std::string attributes;
    if (compression == Compression::lzma) attributes = big(0x42435a4c) + big(16) + big(1) + big(1000);
    const std::size_t attributes_at = head + name_length;
    std::string bytes = "LARCHIVE" + big(content.size()) + big(raw) + big(attributes.empty() ? 0 : attributes_at) +
                        big(attributes_at + attributes.size());
    bytes += std::string(name) + std::string(name_length - name.size(), '\0') + attributes;
    return put(at, bytes + std::string(content));
  }

  /// The identification that ends `before_end` bytes before the end of the image.
  ImageBuilder& identification(std::size_t before_end, const std::string& version, const std::string& vendor,
                               const std::string& board) {
    const auto from_end = [&](std::size_t rest) { return little(before_end + 16 + rest, 4); };
    const std::size_t board_length = board.size() + 1;
    const std::size_t vendor_length = vendor.size() + 1;
    const std::size_t version_length = version.size() + 1;
    const std::size_t all = board_length + vendor_length + version_length;
    std::string bytes = version + '\0' + vendor + '\0' + board + '\0';
    bytes += from_end(all) + from_end(all - version_length) + from_end(board_length) + little(image_.size(), 4);
    return put(image_.size() - before_end - bytes.size(), bytes);
  }

  [[nodiscard]] std::string take() { return std::move(image_); }

 private:
  static std::string little(std::uint64_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
  }
  static std::string big(std::uint64_t value) {
    const std::string turned = little(value, 4);
    return {turned.rbegin(), turned.rend()};
  }
  static std::string padded(const std::string& name) {
    constexpr std::size_t name_length = 32;
    return name + std::string(name_length - name.size(), '\0');
  }

  std::string image_;
};

/// An image of an apu2's firmware, 64 KiB: a map, the files that say how it was built, and the board's name in them.
inline std::string apu2_image(std::size_t size = 64 * 1024) {
  return ImageBuilder(size)
      .map(0x200, {{"BIOS", 0, static_cast<std::uint32_t>(size)}, {"FMAP", 0x200, 0x200}, {"COREBOOT", 0x1000, 0xF000}})
      .file(0x1000, "fallback/romstage", "machine code")
      .file(0x2000, "revision",
            "/* build system definitions */\n#define COREBOOT_VERSION \"4.15\"\n"
            "#define COREBOOT_EXTRA_VERSION \"-v4.15.0.1\"\n#define COREBOOT_ORIGIN_GIT_REVISION \"0123abcd\"\n"
            "#define COREBOOT_BUILD \"Tue Nov 23 10:00:00 UTC 2021\"\n")
      .file(0x3000, "build_info", "COREBOOT_VERSION: 4.15\nMAINBOARD_VENDOR: PC Engines\nMAINBOARD_PART_NUMBER: apu2\n")
      .take();
}

}  // namespace coldboot
