#include "harness/firmware/firmware_image.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

constexpr std::string_view map_signature = "__FMAP__";
constexpr std::size_t map_size_at = 18;   // after signature, version and base
constexpr std::size_t map_count_at = 54;  // after the size and a name of 32 bytes
constexpr std::size_t map_head = 56;
constexpr std::size_t area_length = 42;
constexpr std::size_t most_areas = 1024;  // real maps have a few dozen
constexpr std::size_t area_name_at = 8;
constexpr std::size_t area_name_length = 32;

constexpr std::string_view file_signature = "LARCHIVE";
constexpr std::size_t file_alignment = 64;
constexpr std::size_t file_head = 24;  // signature, length, type, offset of attributes, offset of the content
constexpr std::uint32_t file_without_content = 0xffffffff;  // the type of what is free
constexpr std::uint32_t file_removed = 0;
constexpr std::uint32_t compression_tag = 0x42435a4c;  // of an attribute: "BCZL"
constexpr std::size_t attribute_head = 8;              // tag and length
constexpr std::size_t most_name = 256;

constexpr std::size_t most_text = 16 * 1024;  // build information takes hundreds of bytes
constexpr std::size_t most_value = 120;

template <class Number>
Number little_endian(std::string_view bytes, std::size_t at) {
  Number value = 0;
  for (std::size_t i = sizeof(Number); i-- > 0;)
    value = static_cast<Number>((value << 8U) | static_cast<unsigned char>(bytes[at + i]));
  return value;
}

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = (value << 8U) | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::string_view up_to_nul(std::string_view bytes) {
  return bytes.substr(0, bytes.find('\0'));
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

/// The areas of the map that begins here, where it makes sense.
std::vector<FlashArea> areas_of_map(std::string_view image, std::size_t at) {
  const std::string_view map = image.substr(at);
  if (map.size() < map_head || map[map_signature.size()] != 1) return {};
  if (little_endian<std::uint32_t>(map, map_size_at) > image.size()) return {};
  const auto count = little_endian<std::uint16_t>(map, map_count_at);
  if (count > most_areas || count > (map.size() - map_head) / area_length) return {};
  std::vector<FlashArea> areas;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view bytes = map.substr(map_head + i * area_length, area_length);
    FlashArea area{.name = std::string(up_to_nul(bytes.substr(area_name_at, area_name_length))),
                   .offset = little_endian<std::uint32_t>(bytes, 0),
                   .size = little_endian<std::uint32_t>(bytes, sizeof(std::uint32_t))};
    const bool inside = area.offset <= image.size() && area.size <= image.size() - area.offset;
    if (!inside || !is_plain(area.name)) return {};
    areas.push_back(std::move(area));
  }
  return areas;
}

/// Whether the attributes of a file, each with its length, tell of a compression.
bool tells_of_compression(std::string_view attributes) {
  while (attributes.size() >= attribute_head + sizeof(std::uint32_t)) {
    const std::uint32_t length = big_endian(attributes, sizeof(std::uint32_t));
    if (big_endian(attributes, 0) == compression_tag) return big_endian(attributes, attribute_head) != 0;
    if (length < attribute_head || length > attributes.size()) return false;
    attributes.remove_prefix(length);
  }
  return false;
}

/// The file whose header begins at the beginning of `bytes`, which reach to the end of the image.
std::optional<CbfsFile> file_at(std::string_view bytes) {
  if (bytes.size() < file_head) return std::nullopt;
  const std::uint32_t length = big_endian(bytes, 8);
  const std::uint32_t attributes_at = big_endian(bytes, 16);
  const std::uint32_t content_at = big_endian(bytes, 20);
  if (content_at < file_head || content_at > bytes.size() || length > bytes.size() - content_at) return std::nullopt;
  CbfsFile file;
  file.type = big_endian(bytes, 12);
  const bool has_attributes = attributes_at >= file_head && attributes_at <= content_at;
  const std::size_t name_end = has_attributes ? attributes_at : content_at;
  file.name = up_to_nul(bytes.substr(file_head, std::min(name_end - file_head, most_name)));
  file.content = bytes.substr(content_at, length);
  if (has_attributes)
    file.is_compressed = tells_of_compression(bytes.substr(attributes_at, content_at - attributes_at));
  return file;
}

/// What follows `key` on its line, without blanks and quotes; empty where no line has it.
std::string value_of(std::string_view text, std::string_view key) {
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    if (at != 0 && text[at - 1] != '\n') continue;
    std::string_view value = text.substr(at + key.size());
    value = value.substr(0, value.find('\n'));
    const std::size_t first = value.find_first_not_of(" \t\"");
    const std::size_t last = value.find_last_not_of(" \t\r\"");
    if (first == std::string_view::npos) return "";
    return printable_line(value.substr(first, last - first + 1), most_value);
  }
  return "";
}

void put_where_empty(std::string& into, std::string value) {
  if (into.empty()) into = std::move(value);
}

/// A generated header: #define COREBOOT_VERSION "4.15".
void take_revision(std::string_view text, FirmwareBuild& build) {
  const std::string version = value_of(text, "#define COREBOOT_VERSION ");
  if (!version.empty()) put_where_empty(build.version, version + value_of(text, "#define COREBOOT_EXTRA_VERSION "));
  const std::string revision = value_of(text, "#define COREBOOT_ORIGIN_GIT_REVISION ");
  if (revision != "Unknown") put_where_empty(build.revision, revision);
  put_where_empty(build.built, value_of(text, "#define COREBOOT_BUILD "));
}

void take_build_info(std::string_view text, FirmwareBuild& build) {
  put_where_empty(build.version, value_of(text, "COREBOOT_VERSION:"));
  put_where_empty(build.vendor, value_of(text, "MAINBOARD_VENDOR:"));
  put_where_empty(build.board, value_of(text, "MAINBOARD_PART_NUMBER:"));
}

/// Text that ends with NUL and begins `from_end` bytes before the end of the image; empty where it is no text.
std::string text_before_end(std::string_view image, std::uint32_t from_end) {
  if (from_end == 0 || from_end > image.size()) return "";
  const std::string_view rest = image.substr(image.size() - from_end);
  const std::string_view text = up_to_nul(rest).substr(0, most_value);
  return is_plain(text) ? std::string(text) : "";
}

/// coreboot's identification: version, vendor and board as texts, then how far each is from the end of the image and
/// how large the image is. It stands before the reset vector, or 128 bytes before the end where something else does.
void take_identification(std::string_view image, FirmwareBuild& build) {
  constexpr std::array<std::size_t, 2> ends{0x10, 0x80};
  constexpr std::size_t length = 4 * sizeof(std::uint32_t);
  for (const std::size_t end : ends) {
    if (image.size() < end + length) return;
    const std::size_t at = image.size() - end - length;
    const auto number = [&](std::size_t i) { return little_endian<std::uint32_t>(image, at + i * 4); };
    if (number(3) != image.size()) continue;
    put_where_empty(build.version, text_before_end(image, number(0)));
    put_where_empty(build.vendor, text_before_end(image, number(1)));
    put_where_empty(build.board, text_before_end(image, number(2)));
    return;
  }
}

}  // namespace

std::optional<char> filled_with(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  const bool one_byte = bytes.find_first_not_of(bytes.front()) == std::string_view::npos;
  return one_byte ? std::optional(bytes.front()) : std::nullopt;
}

std::vector<FlashArea> flash_areas(std::string_view image) {
  for (std::size_t at = image.find(map_signature); at != std::string_view::npos;
       at = image.find(map_signature, at + 1)) {
    if (auto areas = areas_of_map(image, at); !areas.empty()) return areas;
  }
  return {};
}

std::vector<CbfsFile> cbfs_files(std::string_view image) {
  std::vector<CbfsFile> files;
  for (std::size_t at = image.find(file_signature); at != std::string_view::npos;
       at = image.find(file_signature, at + 1)) {
    if (at % file_alignment != 0) continue;
    auto file = file_at(image.substr(at));
    if (file && file->type != file_without_content && file->type != file_removed) files.push_back(std::move(*file));
  }
  return files;
}

FirmwareBuild firmware_build(std::string_view image) {
  FirmwareBuild build;
  for (const CbfsFile& file : cbfs_files(image)) {
    if (file.is_compressed) continue;
    const std::string_view text = file.content.substr(0, most_text);
    if (file.name == "revision") take_revision(text, build);
    if (file.name == "build_info") take_build_info(text, build);
  }
  take_identification(image, build);
  return build;
}

FirmwareImage look_at_image(std::string_view image) {
  return {.size_bytes = image.size(),
          .filled_with = filled_with(image),
          .areas = flash_areas(image),
          .build = firmware_build(image)};
}

}  // namespace coldboot
