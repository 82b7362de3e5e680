#include "harness/media/block_map.hpp"

#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

constexpr std::uint64_t smallest_block = 512;
constexpr std::uint64_t largest_block = std::uint64_t{1} << 30U;
constexpr std::uint64_t largest_image = std::uint64_t{1} << 56U;  // far from where sums of offsets overflow

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_hash(std::string_view text, DigestKind kind) {
  const std::size_t digits = kind == DigestKind::sha1 ? 40 : 64;
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string hash_of(std::string_view bytes, DigestKind kind) {
  Digest digest(kind);
  digest.add({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  return digest.take_hex();
}

/// The blocks "5" or "5-9".
struct Blocks {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

std::optional<Blocks> blocks_in(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = whole_number(trimmed(text.substr(0, dash)));
  const auto last = dash == std::string_view::npos ? first : whole_number(trimmed(text.substr(dash + 1)));
  if (!first || !last || *first > *last) return std::nullopt;
  return Blocks{*first, *last};
}

class Reader {
 public:
  Reader(std::string_view xml, const std::string& where) : xml_(xml), where_(where) {}

  Result<BlockMap> read() {
    if (const auto parsed = document_.load_buffer(xml_.data(), xml_.size()); !parsed)
      return wrong(fmt::format("is no XML at byte {}: {}", parsed.offset, parsed.description()));
    root_ = document_.child("bmap");
    if (!root_) return wrong("has no <bmap>, expected a block map of bmap-tools");
    if (auto version = take_version(); !version) return version.error();
    if (auto own = check_own_hash(); !own) return own.error();
    if (auto sizes = take_sizes(); !sizes) return sizes.error();
    if (auto ranges = take_ranges(); !ranges) return ranges.error();
    return std::move(map_);
  }

 private:
  [[nodiscard]] Fault wrong(const std::string& what) const {
    return Fault(Cause::mistake, where_, what, "make it anew with bmaptool create, or take it away");
  }

  Result<void> take_version() {
    const std::string_view version = trimmed(root_.attribute("version").value());
    if (version == "1.3") {
      map_.hash = DigestKind::sha1;
      range_hash_ = "sha1";
      own_hash_ = "BmapFileSHA1";
      return {};
    }
    if (version != "1.4" && version != "2.0") {
      return wrong(
          fmt::format("found a block map of version \"{}\", expected 1.3, 1.4 or 2.0", printable_line(version)));
    }
    const std::string_view type = trimmed(root_.child_value("ChecksumType"));
    if (type == "sha256") return {};
    return wrong(fmt::format("found checksums of type \"{}\", expected sha256", printable_line(type)));
  }

  /// The hash of the whole file, itself written as zeros.
  Result<void> check_own_hash() {
    const std::string_view expected = trimmed(root_.child_value(own_hash_));
    if (!is_hash(expected, map_.hash)) return wrong(fmt::format("has no hash in <{}>", own_hash_));
    std::string blanked(xml_);
    const auto at = blanked.find(expected);
    if (at == std::string::npos) return wrong(fmt::format("has no hash in <{}> as it is written", own_hash_));
    blanked.replace(at, expected.size(), expected.size(), '0');
    const std::string found = hash_of(blanked, map_.hash);
    if (found == expected) return {};
    return wrong(fmt::format("was changed since it was made: its hash is {}, expected {}", found, expected));
  }

  Result<std::uint64_t> number_in(const char* name) {
    const std::string_view text = trimmed(root_.child_value(name));
    if (const auto number = whole_number(text)) return *number;
    return wrong(fmt::format("found \"{}\" in <{}>, expected a whole number", printable_line(text), name));
  }

  Result<void> take_sizes() {
    const auto image = number_in("ImageSize");
    if (!image) return image.error();
    const auto block = number_in("BlockSize");
    if (!block) return block.error();
    const auto blocks = number_in("BlocksCount");
    if (!blocks) return blocks.error();
    if (*image > largest_image) return wrong(fmt::format("found an image of {} bytes, expected a size", *image));
    if (*block < smallest_block || *block > largest_block)
      return wrong(fmt::format("found blocks of {} bytes, expected {} to {}", *block, smallest_block, largest_block));
    map_.image_bytes = *image;
    block_bytes_ = *block;
    blocks_ = (*image + *block - 1) / *block;
    if (*blocks != blocks_) {
      return wrong(fmt::format("found {} blocks, expected {} of {} bytes in an image of {} bytes", *blocks, blocks_,
                               *block, *image));
    }
    return {};
  }

  Result<void> take_ranges() {
    std::uint64_t next = 0;
    for (const pugi::xml_node node : root_.child("BlockMap").children("Range")) {
      const std::string_view text = trimmed(node.child_value());
      const auto blocks = blocks_in(text);
      if (!blocks || blocks->last >= blocks_)
        return wrong(fmt::format("found the range \"{}\", expected blocks below {}", printable_line(text), blocks_));
      if (blocks->first < next)
        return wrong(fmt::format("found the range \"{}\" after block {}", printable_line(text), next - 1));
      const std::string_view hash = trimmed(node.attribute(range_hash_).value());
      if (!hash.empty() && !is_hash(hash, map_.hash))
        return wrong(fmt::format("found the hash \"{}\" of range {}", printable_line(hash), text));
      add(*blocks, hash);
      next = blocks->last + 1;
    }
    return {};
  }

  void add(const Blocks& blocks, std::string_view hash) {
    MappedRange range;
    range.offset = blocks.first * block_bytes_;
    range.length = std::min((blocks.last + 1) * block_bytes_, map_.image_bytes) - range.offset;
    range.hash = hash;
    map_.mapped_bytes += range.length;
    map_.ranges.push_back(std::move(range));
  }

  std::string_view xml_;
  const std::string& where_;
  pugi::xml_document document_;
  pugi::xml_node root_;
  const char* range_hash_ = "chksum";
  const char* own_hash_ = "BmapFileChecksum";
  std::uint64_t block_bytes_ = 0;
  std::uint64_t blocks_ = 0;
  BlockMap map_;
};

}  // namespace

Result<BlockMap> parse_block_map(std::string_view xml, const std::string& where) {
  return Reader(xml, where).read();
}

}  // namespace coldboot
