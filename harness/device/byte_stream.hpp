#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// What a serial port has counted since it was opened: only differences mean anything.
struct LineErrors {
  std::uint64_t overruns = 0;         ///< the port had no room for a byte
  std::uint64_t buffer_overruns = 0;  ///< the system had none
  std::uint64_t framing = 0;          ///< a byte without its stop bit
  std::uint64_t parity = 0;
  bool operator==(const LineErrors&) const = default;
};

/// The DUT's console, opened: bytes come from a descriptor, bytes go through write().
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  /// Readable, non-blocking, stays the stream's own. The capture loop reads it and nobody else does. Another one after
  /// reopen() only.
  [[nodiscard]] virtual int descriptor() const = 0;

  /// Turns bytes that were just read into what the DUT said, in place, and returns how many that are: where a transport
  /// adds bytes of its own, they are taken out here. Called with each piece once, in order, on the thread that read and
  /// after the read was stamped; it must not wait. Bytes still undecided are kept for the next piece.
  virtual std::size_t decode(std::span<char> bytes) { return bytes.size(); }

  /// Sends bytes as they are; returns when the system has taken them all. Faults: `io`, `lost`, `timeout`, `stopped`.
  virtual Result<void> write(std::string_view bytes, const Until& until) = 0;

  /// What its port has lost or garbled; nothing where that cannot be known. From any thread; must not wait.
  [[nodiscard]] virtual std::optional<LineErrors> errors() { return std::nullopt; }

  /// Holds the line in a break for `length`: a console of Linux or FreeBSD takes it for a call to its debugger.
  /// Faults: `refused` where it has none, `lost`, `io`, `stopped`.
  virtual Result<void> send_break(Nanos /*length*/, const Until& /*until*/) {
    return Fault(Cause::refused, description(), "has no break");
  }

  /// Whether it makes sense to wait for it when it was lost.
  [[nodiscard]] virtual bool can_reopen() const { return false; }

  /// Opens the same thing once more, by its identity and not by the place where it was. Called when nobody reads; a
  /// write may go on meanwhile, and fails. Bytes that come from then on are not taken from descriptor().
  /// Faults: as when it was opened; `missing` while it is not back.
  virtual Result<void> reopen(const Until& /*until*/) {
    return Fault(Cause::refused, description(), "cannot be opened again");
  }

  /// For people and for the record: "/dev/ttyUSB0 (A50285BI)", "replay board".
  [[nodiscard]] virtual std::string description() const = 0;

  /// How coarse its times are: none for a line whose bytes arrive when they arrive, a second for a board that plays
  /// back a log with one-second stamps.
  [[nodiscard]] virtual Nanos resolution() const { return Nanos(0); }

  /// The most a byte may have waited in an adapter before it could be read; nothing where that is not known.
  [[nodiscard]] virtual std::optional<Nanos> latency() const { return std::nullopt; }

  /// What whoever keeps the bench can do about latency(), where it is longer than need be or not known; empty where
  /// nothing is known to hold bytes back.
  [[nodiscard]] virtual std::string latency_advice() const { return ""; }
};

}  // namespace coldboot
