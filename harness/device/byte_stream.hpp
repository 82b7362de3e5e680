#pragma once

#include <string>
#include <string_view>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// The DUT's console, opened: bytes come from a descriptor, bytes go through write().
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  /// Readable, non-blocking, stays the stream's own. The capture loop reads it and nobody else does.
  [[nodiscard]] virtual int descriptor() const = 0;

  /// Sends bytes as they are; returns when the system has taken them all. Faults: `io`, `lost`, `timeout`, `stopped`.
  virtual Result<void> write(std::string_view bytes, const Until& until) = 0;

  /// For people and for the record: "/dev/ttyUSB0 (A50285BI)", "replay board".
  [[nodiscard]] virtual std::string description() const = 0;

  /// How coarse its times are: none for a line whose bytes arrive when they arrive, a second for a board that plays
  /// back a log with one-second stamps.
  [[nodiscard]] virtual Nanos resolution() const { return Nanos(0); }
};

}  // namespace coldboot
