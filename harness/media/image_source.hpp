#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/core/digest.hpp"
#include "harness/core/result.hpp"
#include "harness/io/descriptor.hpp"
#include "harness/media/block_map.hpp"
#include "harness/media/unpacker.hpp"

namespace coldboot {

/// An image as it lies on disk, looked at but not read yet.
struct Image {
  std::filesystem::path file;
  std::uint64_t file_bytes = 0;
  Packing packing = Packing::none;
  std::optional<std::uint64_t> bytes;  ///< unpacked, where its head or its block map says so
  std::uint64_t at_least = 0;          ///< it is no smaller than this, unpacked
  std::filesystem::path map_file;      ///< empty: none lies beside it
  std::optional<BlockMap> map;
};

/// Looks at an image and at the block map beside it: IMAGE.bmap, or for a packed X.img.xz also X.img.bmap.
/// Faults: `missing`, `io`, `mistake` (an unknown format, a wrong block map, a folder).
Result<Image> look_at_image(const std::filesystem::path& file);

/// Reads an image from its begin to its end, unpacked, in bounded memory.
class ImageSource {
 public:
  static Result<std::unique_ptr<ImageSource>> open(const Image& image);

  /// Fills `block` with the next bytes; fewer only at the end, none after it.
  /// Faults: `mistake` when the file is truncated or corrupt, `io`.
  Result<std::size_t> read(std::span<std::uint8_t> block);

  /// Bytes of the file that were read so far.
  [[nodiscard]] std::uint64_t file_bytes() const { return file_bytes_; }

  /// Hash of the file as it lies on disk, once it was read to its end.
  std::string take_sha256() { return hash_.take_hex(); }

 private:
  ImageSource(const Image& image, Descriptor file);
  Result<void> refill();

  std::filesystem::path name_;
  Descriptor file_;
  std::unique_ptr<Unpacker> unpacker_;
  Digest hash_;
  std::vector<std::uint8_t> buffer_;
  std::span<const std::uint8_t> packed_;  // what of the buffer is still to be unpacked
  std::uint64_t file_bytes_ = 0;
  bool at_end_ = false;
};

}  // namespace coldboot
