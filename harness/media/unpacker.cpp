#include "harness/media/unpacker.hpp"

#include <algorithm>
#include <array>
#include <lzma.h>
#include <utility>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <fmt/format.h>

namespace coldboot {
namespace {

constexpr std::uint64_t most_memory = std::uint64_t{256} << 20U;
constexpr int most_zstd_window_bits = 27;  // 128 MiB; what `zstd --ultra -22` uses

using namespace std::string_view_literals;

/// A file format by how it begins.
struct Magic {
  std::string_view begin;
  std::string_view name;
  std::optional<Packing> packing;  ///< nothing: we do not read it
  std::string_view advice;
};

constexpr std::array magics{
    Magic{"\xfd"
          "7zXZ\0"sv,
          "xz", Packing::xz, ""},
    Magic{"\x28\xb5\x2f\xfd"sv, "zstd", Packing::zstd, ""},
    Magic{"\x50\x2a\x4d\x18"sv, "zstd", Packing::zstd, ""},  // pzstd puts a frame to be skipped in front
    Magic{"\x1f\x8b"sv, "gzip", Packing::gzip, ""},
    Magic{"BZh"sv, "bzip2", std::nullopt, "bunzip2 it first"},
    Magic{"PK\x03\x04"sv, "zip", std::nullopt, "unzip it first"},
    Magic{"7z\xbc\xaf\x27\x1c"sv, "7-Zip", std::nullopt, "unpack it first"},
    Magic{"\x04\x22\x4d\x18"sv, "lz4", std::nullopt, "unlz4 it first"},
    Magic{"LZIP"sv, "lzip", std::nullopt, "unpack it first"},
    Magic{"QFI\xfb"sv, "qcow2", std::nullopt, "qemu-img convert -O raw makes a raw image of it"},
    Magic{"KDMV"sv, "VMDK", std::nullopt, "qemu-img convert -O raw makes a raw image of it"},
    Magic{"vhdxfile"sv, "VHDX", std::nullopt, "qemu-img convert -O raw makes a raw image of it"},
    Magic{"\x3a\xff\x26\xed"sv, "Android sparse", std::nullopt, "simg2img makes a raw image of it"},
};

/// What a file's name promises.
constexpr std::array suffixes{std::pair(".xz"sv, "xz"sv),     std::pair(".zst"sv, "zstd"sv),
                              std::pair(".zstd"sv, "zstd"sv), std::pair(".gz"sv, "gzip"sv),
                              std::pair(".lzma"sv, "lzma"sv), std::pair(".bz2"sv, "bzip2"sv)};

Fault corrupt(std::string_view what) {
  return Fault(Cause::mistake, "", fmt::format("is corrupt: {}", what), "fetch or make it anew");
}

Fault too_greedy(std::string_view advice) {
  return Fault(Cause::mistake, "", fmt::format("needs more than {} MiB of memory to be unpacked", most_memory >> 20U),
               std::string(advice));
}

class Raw final : public Unpacker {
 public:
  Result<void> move(std::span<const std::uint8_t>& packed, std::span<std::uint8_t>& unpacked, bool) override {
    const std::size_t length = std::min(packed.size(), unpacked.size());
    std::copy_n(packed.begin(), length, unpacked.begin());
    packed = packed.subspan(length);
    unpacked = unpacked.subspan(length);
    return {};
  }
  [[nodiscard]] bool is_complete() const override { return true; }
};

class Xz final : public Unpacker {
 public:
  Xz() { started_ = lzma_stream_decoder(&stream_, most_memory, LZMA_CONCATENATED); }
  ~Xz() override { lzma_end(&stream_); }
  Xz(const Xz&) = delete;
  Xz& operator=(const Xz&) = delete;

  Result<void> move(std::span<const std::uint8_t>& packed, std::span<std::uint8_t>& unpacked, bool last) override {
    if (started_ != LZMA_OK) return Fault(Cause::internal, "", "liblzma cannot be started");
    if (ended_) return {};
    stream_.next_in = packed.data();
    stream_.avail_in = packed.size();
    stream_.next_out = unpacked.data();
    stream_.avail_out = unpacked.size();
    const lzma_ret done = lzma_code(&stream_, last ? LZMA_FINISH : LZMA_RUN);
    packed = packed.last(stream_.avail_in);
    unpacked = unpacked.last(stream_.avail_out);
    switch (done) {
      case LZMA_OK:
      case LZMA_BUF_ERROR: return {};  // the latter: nothing could be moved, which whoever calls us sees
      case LZMA_STREAM_END: ended_ = true; return {};
      case LZMA_MEMLIMIT_ERROR: return too_greedy("pack it with a smaller dictionary: xz -9 or less");
      case LZMA_OPTIONS_ERROR: return Fault(Cause::mistake, "", "uses features of xz that this liblzma does not know");
      case LZMA_MEM_ERROR: return Fault(Cause::io, "", "no memory is left to unpack it");
      default: return corrupt("its xz data do not fit together");
    }
  }
  [[nodiscard]] bool is_complete() const override { return ended_; }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  lzma_ret started_;
  bool ended_ = false;
};

class Zstd final : public Unpacker {
 public:
  Zstd() : stream_(ZSTD_createDStream(), &ZSTD_freeDStream) {
    ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, most_zstd_window_bits);
  }

  Result<void> move(std::span<const std::uint8_t>& packed, std::span<std::uint8_t>& unpacked, bool) override {
    if (packed.empty() && between_frames_) return {};
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    ZSTD_outBuffer out{unpacked.data(), unpacked.size(), 0};
    const std::size_t left = ZSTD_decompressStream(stream_.get(), &out, &in);
    if (ZSTD_isError(left) != 0) {
      if (ZSTD_getErrorCode(left) == ZSTD_error_frameParameter_windowTooLarge)
        return too_greedy("pack it without --long, or with --long=27 at most");
      return corrupt(ZSTD_getErrorName(left));
    }
    between_frames_ = left == 0;
    packed = packed.subspan(in.pos);
    unpacked = unpacked.subspan(out.pos);
    return {};
  }
  [[nodiscard]] bool is_complete() const override { return between_frames_; }

 private:
  std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream_;
  bool between_frames_ = false;
};

class Gzip final : public Unpacker {
 public:
  Gzip() { started_ = inflateInit2(&stream_, MAX_WBITS + gzip_only); }
  ~Gzip() override { inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  Result<void> move(std::span<const std::uint8_t>& packed, std::span<std::uint8_t>& unpacked, bool) override {
    if (started_ != Z_OK) return Fault(Cause::internal, "", "zlib cannot be started");
    if (between_members_ && !begin_member(packed)) return {};
    stream_.next_in = const_cast<Bytef*>(packed.data());  // zlib's older face; it only reads
    stream_.avail_in = static_cast<uInt>(packed.size());
    stream_.next_out = unpacked.data();
    stream_.avail_out = static_cast<uInt>(unpacked.size());
    const int done = inflate(&stream_, Z_NO_FLUSH);
    packed = packed.last(stream_.avail_in);
    unpacked = unpacked.last(stream_.avail_out);
    if (done == Z_STREAM_END) {
      between_members_ = true;
      return {};
    }
    if (done == Z_OK || done == Z_BUF_ERROR) return {};
    return corrupt(stream_.msg == nullptr ? "its gzip data do not fit together" : stream_.msg);
  }
  [[nodiscard]] bool is_complete() const override { return between_members_; }

 private:
  static constexpr int gzip_only = 16;  // added to the window's bits, zlib.h

  /// Zeros after a member are padding, as of tapes; anything else begins the next. False when there is nothing yet.
  bool begin_member(std::span<const std::uint8_t>& packed) {
    const auto begin = std::ranges::find_if(packed, [](std::uint8_t byte) { return byte != 0; });
    packed = packed.subspan(static_cast<std::size_t>(begin - packed.begin()));
    if (packed.empty()) return false;
    inflateReset(&stream_);
    between_members_ = false;
    return true;
  }

  z_stream stream_{};
  int started_;
  bool between_members_ = false;
};

}  // namespace

std::string_view name_of(Packing packing) {
  switch (packing) {
    case Packing::none: return "raw";
    case Packing::xz: return "xz";
    case Packing::zstd: return "zstd";
    case Packing::gzip: return "gzip";
  }
  return "raw";
}

Result<Packing> packing_of(std::span<const std::uint8_t> begin, const std::filesystem::path& file) {
  const std::string_view bytes(reinterpret_cast<const char*>(begin.data()), begin.size());
  const auto magic = std::ranges::find_if(magics, [&](const Magic& known) { return bytes.starts_with(known.begin); });
  const std::string extension = file.extension();
  const auto promise = std::ranges::find(suffixes, std::string_view(extension), &decltype(suffixes)::value_type::first);
  const std::string_view found = magic == magics.end() ? "raw" : magic->name;
  if (promise != suffixes.end() && promise->second != found) {
    return Fault(Cause::mistake, file.string(),
                 fmt::format("is named {}, but does not begin as {} does", extension, promise->second),
                 "is it whole, and named as it should be?");
  }
  if (magic == magics.end()) return Packing::none;
  if (magic->packing) return *magic->packing;
  return Fault(Cause::mistake, file.string(),
               fmt::format("found a {} file, expected a raw image or one packed by xz, zstd or gzip", magic->name),
               std::string(magic->advice));
}

std::unique_ptr<Unpacker> unpacker_for(Packing packing) {
  switch (packing) {
    case Packing::xz: return std::make_unique<Xz>();
    case Packing::zstd: return std::make_unique<Zstd>();
    case Packing::gzip: return std::make_unique<Gzip>();
    case Packing::none: break;
  }
  return std::make_unique<Raw>();
}

}  // namespace coldboot
