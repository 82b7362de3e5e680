#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "harness/core/result.hpp"
#include "harness/io/descriptor.hpp"

namespace coldboot {

/// What an image is written to: a card, a loop device, a file. An interface, so that cards that lie, wear out or are
/// pulled can be tried.
class ImageTarget {
 public:
  virtual ~ImageTarget() = default;

  /// Faults: `disk_full`, `lost` (it is gone), `io`.
  virtual Result<void> write(std::uint64_t offset, std::span<const std::uint8_t> bytes) = 0;

  /// Fills `bytes`. Faults: `lost`, `io`.
  virtual Result<void> read(std::uint64_t offset, std::span<std::uint8_t> bytes) = 0;

  /// Returns once the medium has confirmed what was written. Faults as write().
  virtual Result<void> sync() = 0;

  /// From here on read() asks the medium and not the host's memory, as far as the host allows; says how far.
  virtual std::string bypass_cache() = 0;

  /// Whether write() was called: what is on it is no longer what was.
  [[nodiscard]] virtual bool is_touched() const = 0;

  [[nodiscard]] virtual std::uint64_t bytes() const = 0;      ///< how large it is
  [[nodiscard]] virtual std::string description() const = 0;  ///< "/dev/sdb"
};

/// A block device or a regular file that is open for reading, and for writing where it is to be written.
std::unique_ptr<ImageTarget> opened_target(Descriptor file, std::string description, std::uint64_t bytes);

}  // namespace coldboot
