#include "harness/media/write_image.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "harness/media/progress_meter.hpp"

namespace coldboot {
namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 20U;
// Pages the host still keeps are no progress, and would make a stop or a pulled card wait for gigabytes.
constexpr std::uint64_t sync_every = std::uint64_t{32} << 20U;

using Doing = MediumProgress::Doing;

Result<void> go_on(const Clock& clock, const Until& until, const std::string& where) {
  if (until.stop.stop_requested()) return Fault(Cause::stopped, where, "asked to stop");
  if (clock.now() >= until.deadline) return Fault(Cause::timeout, where, "the image took too long");
  return {};
}

/// Hands out the bytes of an image that matter, in order, and sees that they are what its block map says.
class ImageWalk {
 public:
  using Take = std::function<Result<void>(std::uint64_t offset, std::span<const std::uint8_t> bytes)>;

  ImageWalk(const Image& image, ImageSource& source)
      : image_(image), source_(source), hash_(image.map ? image.map->hash : DigestKind::sha256) {}

  /// The next block of the image; false at its end.
  Result<bool> step(const Take& take) {
    auto count = source_.read(block_);
    if (!count) return count.error();
    const std::span<const std::uint8_t> bytes = std::span(block_).first(*count);
    if (auto taken = image_.map ? take_mapped(bytes, take) : take(offset_, bytes); !taken) return taken.error();
    offset_ += *count;
    if (*count > 0) return true;
    if (image_.map && offset_ < image_.map->image_bytes) return another_size(fmt::format("{} bytes", offset_));
    return false;
  }

  [[nodiscard]] std::uint64_t offset() const { return offset_; }

 private:
  Result<void> take_mapped(std::span<const std::uint8_t> bytes, const Take& take) {
    if (offset_ + bytes.size() > image_.map->image_bytes)
      return another_size(fmt::format("more than {} bytes", image_.map->image_bytes));
    const auto& ranges = image_.map->ranges;
    const std::uint64_t end = offset_ + bytes.size();
    while (range_ < ranges.size() && ranges[range_].offset < end) {
      const MappedRange& range = ranges[range_];
      const std::uint64_t from = std::max(range.offset, offset_);
      const std::uint64_t to = std::min(range.offset + range.length, end);
      const auto piece = bytes.subspan(static_cast<std::size_t>(from - offset_), static_cast<std::size_t>(to - from));
      hash_.add(piece);
      if (auto taken = take(from, piece); !taken) return taken;
      if (to < range.offset + range.length) break;
      if (auto same = check(range); !same) return same;
      ++range_;
    }
    return {};
  }

  Result<void> check(const MappedRange& range) {
    const std::string found = hash_.take_hex();
    if (range.hash.empty() || found == range.hash) return {};
    return Fault(Cause::mistake, image_.file.string(),
                 fmt::format("is not what {} says: bytes {} to {} have the hash {}, expected {}",
                             image_.map_file.filename().string(), range.offset, range.offset + range.length - 1, found,
                             range.hash),
                 "fetch or make both anew");
  }

  [[nodiscard]] Fault another_size(const std::string& bytes) const {
    return Fault(Cause::mistake, image_.file.string(),
                 fmt::format("has {} unpacked, but {} is of an image of {} bytes", bytes,
                             image_.map_file.filename().string(), image_.map->image_bytes),
                 "fetch or make both anew");
  }

  const Image& image_;
  ImageSource& source_;
  Digest hash_;
  std::vector<std::uint8_t> block_ = std::vector<std::uint8_t>(block_bytes);
  std::uint64_t offset_ = 0;
  std::size_t range_ = 0;
};

/// How far into an image a walk has come.
double share_of(const Image& image, const ImageSource& source, std::uint64_t done) {
  if (image.map && image.map->mapped_bytes > 0)
    return static_cast<double>(done) / static_cast<double>(image.map->mapped_bytes);
  return static_cast<double>(source.file_bytes()) / static_cast<double>(image.file_bytes);
}

std::optional<std::uint64_t> total_of(const Image& image) {
  return image.map ? std::optional(image.map->mapped_bytes) : image.bytes;
}

Fault too_large(const Image& image, std::uint64_t bytes, std::uint64_t room, const std::string& medium) {
  return Fault(Cause::mistake, image.file.string(),
               fmt::format("has {} bytes{}, but {} has room for {}", bytes,
                           image.packing == Packing::none ? "" : " or more unpacked", medium, room),
               "choose a smaller image or a larger card");
}

class Writer {
 public:
  Writer(const Image& image, ImageTarget& target, const Clock& clock, const BootMedium::Tell& tell, const Until& until)
      : image_(image), target_(target), clock_(clock), tell_(tell), until_(until) {}

  Result<MediumContent> write() {
    auto outcome = write_and_read_back();
    if (outcome) return std::move(content_);
    const Fault fault = outcome.error();
    const std::string state = target_.is_touched()
                                  ? fmt::format("what is on {} now is undefined: {} of the image were written",
                                                target_.description(), size_text(content_.written_bytes))
                                  : fmt::format("nothing was written to {}", target_.description());
    return Fault(fault.cause(), fault.where(), fmt::format("{}; {}", fault.what(), state), fault.hint());
  }

 private:
  /// Written bytes and their hash, to be read back.
  struct Piece {
    std::uint64_t offset;
    std::size_t length;
    std::string hash;
  };

  Result<void> write_and_read_back() {
    if (auto fits = check_fits(image_, target_.bytes(), target_.description()); !fits) return fits;
    if (auto written = write_all(); !written) return written;
    return read_back();
  }

  Result<void> write_all() {
    auto source = ImageSource::open(image_);
    if (!source) return source.error();
    ImageWalk walk(image_, **source);
    ProgressMeter meter(clock_, tell_, Doing::writing, total_of(image_));
    const auto take = [this](std::uint64_t offset, std::span<const std::uint8_t> bytes) { return put(offset, bytes); };
    while (true) {
      if (auto on = go_on(clock_, until_, target_.description()); !on) return on;
      const auto more = walk.step(take);
      if (!more) return more.error();
      if (!*more) break;
      meter.at(content_.written_bytes, share_of(image_, **source, content_.written_bytes));
    }
    if (auto synced = target_.sync(); !synced) return synced;
    meter.end();
    content_.sha256 = (*source)->take_sha256();
    content_.image_bytes = walk.offset();
    return {};
  }

  Result<void> put(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
    if (bytes.empty()) return {};
    if (offset + bytes.size() > target_.bytes())
      return too_large(image_, offset + bytes.size(), target_.bytes(), target_.description());
    if (auto written = target_.write(offset, bytes); !written) return written;
    Digest hash;
    hash.add(bytes);
    pieces_.push_back({offset, bytes.size(), hash.take_hex()});
    content_.written_bytes += bytes.size();
    unsynced_ += bytes.size();
    if (unsynced_ < sync_every) return {};
    unsynced_ = 0;
    return target_.sync();
  }

  Result<void> read_back() {
    content_.proof = target_.bypass_cache();
    ProgressMeter meter(clock_, tell_, Doing::reading_back, content_.written_bytes);
    std::vector<std::uint8_t> bytes(block_bytes);
    std::uint64_t done = 0;
    for (const Piece& piece : pieces_) {
      if (auto on = go_on(clock_, until_, target_.description()); !on) return on;
      const std::span found = std::span(bytes).first(piece.length);
      if (auto read = target_.read(piece.offset, found); !read) return read;
      Digest hash;
      hash.add(found);
      if (hash.take_hex() != piece.hash) {
        return Fault(Cause::protocol, target_.description(),
                     fmt::format("reads back otherwise than it was written, within bytes {} to {}", piece.offset,
                                 piece.offset + piece.length - 1),
                     "the card is worn out, or smaller than it says");
      }
      done += piece.length;
      meter.at(done, static_cast<double>(done) / static_cast<double>(content_.written_bytes));
    }
    meter.end();
    return {};
  }

  const Image& image_;
  ImageTarget& target_;
  const Clock& clock_;
  const BootMedium::Tell& tell_;
  const Until& until_;
  MediumContent content_;
  std::vector<Piece> pieces_;
  std::uint64_t unsynced_ = 0;
};

}  // namespace

Result<void> check_fits(const Image& image, std::uint64_t room, const std::string& medium) {
  if (image.at_least > room) return too_large(image, image.at_least, room, medium);
  return {};
}

Result<MediumContent> write_image(const Image& image, ImageTarget& target, const Clock& clock,
                                  const BootMedium::Tell& tell, const Until& until) {
  return Writer(image, target, clock, tell, until).write();
}

Result<MediumContent> compare_image(const Image& image, ImageTarget& target, const Clock& clock,
                                    const BootMedium::Tell& tell, const Until& until) {
  if (auto fits = check_fits(image, target.bytes(), target.description()); !fits) return fits.error();
  auto source = ImageSource::open(image);
  if (!source) return source.error();
  MediumContent content;
  content.proof = target.bypass_cache();
  ImageWalk walk(image, **source);
  ProgressMeter meter(clock, tell, Doing::comparing, total_of(image));
  std::vector<std::uint8_t> found(block_bytes);
  const auto compare = [&](std::uint64_t offset, std::span<const std::uint8_t> expected) -> Result<void> {
    if (offset + expected.size() > target.bytes())
      return too_large(image, offset + expected.size(), target.bytes(), target.description());
    const std::span there = std::span(found).first(expected.size());
    if (auto read = target.read(offset, there); !read) return read;
    content.written_bytes += expected.size();
    if (std::memcmp(there.data(), expected.data(), expected.size()) == 0 || content.differs_at) return {};
    const auto [same_to, _] = std::ranges::mismatch(there, expected);
    content.differs_at = offset + static_cast<std::uint64_t>(same_to - there.begin());
    return {};
  };
  while (true) {
    if (auto on = go_on(clock, until, target.description()); !on) return on.error();
    const auto more = walk.step(compare);
    if (!more) return more.error();
    if (!*more || content.differs_at) break;
    meter.at(content.written_bytes, share_of(image, **source, content.written_bytes));
  }
  content.image_bytes = walk.offset();
  if (content.differs_at) return content;
  meter.end();
  content.sha256 = (*source)->take_sha256();
  return content;
}

}  // namespace coldboot
