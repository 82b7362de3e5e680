#include "harness/media/image_source.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <lzma.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <zstd.h>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/io/read_file.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t buffer_bytes = std::size_t{1} << 20U;
constexpr std::size_t head_bytes = 32;
constexpr std::size_t most_map_bytes = std::size_t{64} << 20U;
constexpr std::uint64_t most_index_memory = std::uint64_t{64} << 20U;

Fault file_fault(const fs::path& file, int error) {
  const Cause cause = error == ENOENT ? Cause::missing : error == EACCES ? Cause::refused : Cause::io;
  return Fault(cause, file.string(), errno_text(error));
}

/// Up to `length` bytes from `offset` on.
std::vector<std::uint8_t> bytes_at(int file, std::uint64_t offset, std::size_t length) {
  std::vector<std::uint8_t> bytes(length);
  const ssize_t count = ::pread(file, bytes.data(), length, static_cast<off_t>(offset));
  bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return bytes;
}

/// What the index at the end of an xz file says of its (last) stream. Source: tukaani.org, xz-file-format 1.2.1.
std::optional<std::uint64_t> unpacked_xz(int file, std::uint64_t file_bytes) {
  if (file_bytes < 2 * LZMA_STREAM_HEADER_SIZE) return std::nullopt;
  const auto footer = bytes_at(file, file_bytes - LZMA_STREAM_HEADER_SIZE, LZMA_STREAM_HEADER_SIZE);
  lzma_stream_flags flags{};
  if (footer.size() != LZMA_STREAM_HEADER_SIZE || lzma_stream_footer_decode(&flags, footer.data()) != LZMA_OK)
    return std::nullopt;
  if (flags.backward_size > file_bytes - LZMA_STREAM_HEADER_SIZE || flags.backward_size > most_index_memory)
    return std::nullopt;
  const auto packed = bytes_at(file, file_bytes - LZMA_STREAM_HEADER_SIZE - flags.backward_size,
                               static_cast<std::size_t>(flags.backward_size));
  lzma_index* index = nullptr;
  std::uint64_t memory = most_index_memory;
  std::size_t position = 0;
  if (lzma_index_buffer_decode(&index, &memory, nullptr, packed.data(), &position, packed.size()) != LZMA_OK)
    return std::nullopt;
  const std::uint64_t bytes = lzma_index_uncompressed_size(index);
  lzma_index_end(index, nullptr);
  return bytes;
}

std::optional<std::uint64_t> unpacked_zstd(const std::vector<std::uint8_t>& head) {
  const unsigned long long bytes = ZSTD_getFrameContentSize(head.data(), head.size());
  const bool is_skipped = bytes == 0;  // what zstd says of a frame that holds nothing of the image
  if (bytes == ZSTD_CONTENTSIZE_UNKNOWN || bytes == ZSTD_CONTENTSIZE_ERROR || is_skipped) return std::nullopt;
  return bytes;
}

/// A head or an index speaks of one stream, and a file may have several: what it says is no less than true.
void take_size(Image& image, int file, const std::vector<std::uint8_t>& head) {
  switch (image.packing) {
    case Packing::none: image.bytes = image.file_bytes; break;
    case Packing::xz: image.bytes = unpacked_xz(file, image.file_bytes); break;
    case Packing::zstd: image.bytes = unpacked_zstd(head); break;
    case Packing::gzip: break;  // says it modulo 4 GiB at its end, where a file that was cut off says anything
  }
  image.at_least = image.bytes.value_or(0);
}

Result<void> take_map(Image& image) {
  std::vector<fs::path> candidates = {image.file.string() + ".bmap"};
  if (image.packing != Packing::none) candidates.push_back(fs::path(image.file).replace_extension(".bmap"));
  std::error_code none;
  for (const fs::path& candidate : candidates) {
    if (!fs::exists(candidate, none)) continue;
    const auto text = read_file(candidate, most_map_bytes);
    if (!text) return text.error();
    auto map = parse_block_map(*text, candidate.string());
    if (!map) return map.error();
    image.map_file = candidate;
    image.map = std::move(*map);
    break;
  }
  if (!image.map) return {};
  if (image.packing == Packing::none && image.map->image_bytes != image.file_bytes) {
    return Fault(Cause::mistake, image.map_file.string(),
                 fmt::format("is the block map of an image of {} bytes, but {} has {}", image.map->image_bytes,
                             image.file.filename().string(), image.file_bytes),
                 "make it anew with bmaptool create, or take it away");
  }
  image.bytes = image.map->image_bytes;
  image.at_least = image.map->image_bytes;
  return {};
}

}  // namespace

Result<Image> look_at_image(const fs::path& file) {
  const Descriptor open(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!open.is_open()) return file_fault(file, errno);
  struct stat status{};
  if (::fstat(open.get(), &status) != 0) return file_fault(file, errno);
  if (!S_ISREG(status.st_mode)) return Fault(Cause::mistake, file.string(), "is no regular file, expected an image");
  if (status.st_size == 0) return Fault(Cause::mistake, file.string(), "is empty, expected an image");
  if (file.extension() == ".bmap") {
    return Fault(Cause::mistake, file.string(), "is a block map, expected the image that it describes",
                 "a block map beside an image is found by its name");
  }
  Image image;
  image.file = file;
  image.file_bytes = static_cast<std::uint64_t>(status.st_size);
  const auto head = bytes_at(open.get(), 0, head_bytes);
  const auto packing = packing_of(head, file);
  if (!packing) return packing.error();
  image.packing = *packing;
  take_size(image, open.get(), head);
  if (auto taken = take_map(image); !taken) return taken.error();
  return image;
}

ImageSource::ImageSource(const Image& image, Descriptor file)
    : name_(image.file), file_(std::move(file)), unpacker_(unpacker_for(image.packing)), buffer_(buffer_bytes) {}

Result<std::unique_ptr<ImageSource>> ImageSource::open(const Image& image) {
  Descriptor file(::open(image.file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return file_fault(image.file, errno);
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::unique_ptr<ImageSource>(new ImageSource(image, std::move(file)));
}

Result<std::size_t> ImageSource::read(std::span<std::uint8_t> block) {
  std::span<std::uint8_t> room = block;
  while (!room.empty()) {
    if (packed_.empty() && !at_end_) {
      if (auto filled = refill(); !filled) return filled.error();
    }
    const auto before = std::pair(packed_.size(), room.size());
    if (auto moved = unpacker_->move(packed_, room, at_end_); !moved) {
      const Fault fault = moved.error();
      return Fault(fault.cause(), name_.string(), fault.what(), fault.hint());
    }
    if (!at_end_ || before != std::pair(packed_.size(), room.size())) continue;
    if (unpacker_->is_complete() && packed_.empty()) break;
    return Fault(Cause::mistake, name_.string(), fmt::format("is cut off after {} bytes", file_bytes_),
                 "fetch or make it anew");
  }
  return block.size() - room.size();
}

/// The next piece of the file; none is its end.
Result<void> ImageSource::refill() {
  ssize_t count = -1;
  do count = ::read(file_.get(), buffer_.data(), buffer_.size());
  while (count < 0 && errno == EINTR);
  if (count < 0) return Fault(Cause::io, name_.string(), fmt::format("cannot be read: {}", errno_text(errno)));
  packed_ = std::span(buffer_).first(static_cast<std::size_t>(count));
  hash_.add(packed_);
  file_bytes_ += packed_.size();
  at_end_ = count == 0;
  return {};
}

}  // namespace coldboot
