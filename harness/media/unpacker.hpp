#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/core/result.hpp"

namespace coldboot {

enum class Packing { none, xz, zstd, gzip };

std::string_view name_of(Packing packing);  ///< "xz"

/// How a file is packed, by its first bytes; at least 16 of them where the file has so many.
/// Fault: `mistake` for what is none of ours: bzip2, zip, qcow2 and the like, or a name that says otherwise.
Result<Packing> packing_of(std::span<const std::uint8_t> begin, const std::filesystem::path& file);

/// Unpacks a stream in bounded memory: what a file asks for beyond 256 MiB is refused.
class Unpacker {
 public:
  virtual ~Unpacker() = default;

  /// Moves bytes from the front of `packed` to the front of `unpacked` and shortens both by what was moved; `last` says
  /// that no more packed bytes will come. Faults without a place: `mistake` (corrupt, or too much memory asked for).
  virtual Result<void> move(std::span<const std::uint8_t>& packed, std::span<std::uint8_t>& unpacked, bool last) = 0;

  /// Whether the packed bytes may end here.
  [[nodiscard]] virtual bool is_complete() const = 0;
};

std::unique_ptr<Unpacker> unpacker_for(Packing packing);

}  // namespace coldboot
