#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// A serial line as written in a bench file: "115200n8" is 115200 baud, no parity, 8 data bits, 1 stop bit.
struct LineRate {
  int baud = 115200;
  char parity = 'n';  ///< n, e or o
  int data_bits = 8;
  int stop_bits = 1;

  /// Time one character takes on the wire: start, data, parity and stop bits. 115200n8: 86.8 us.
  [[nodiscard]] Nanos character_time() const;
  [[nodiscard]] std::string text() const;
  bool operator==(const LineRate&) const = default;
};

/// "10 s", "250 ms", "1.5 h", "2 min", "40 us", "5 ns" (the space is optional). A bare number is refused:
/// durations carry units. Faults (`mistake`) name what was found and what is allowed.
Result<Nanos> parse_duration(std::string_view text);

/// "8 MiB", "64 KiB", "512 B", "2 GiB", "15931539456 B" -> bytes. A bare number is refused.
Result<std::uint64_t> parse_size(std::string_view text);

/// "115200n8", "9600e7", "115200n8" with an optional stop-bit digit ("115200n82").
Result<LineRate> parse_line_rate(std::string_view text);

/// For people: always seconds, never minutes, so that columns compare: "82.000 s". `digits` after the
/// point, sign kept, the same in every locale.
std::string seconds_text(Nanos duration, int digits = 3);

/// The shortest text parse_duration reads back to the same value: "10 s", "250 ms".
std::string duration_text(Nanos duration);

/// Same for sizes: "8 MiB".
std::string size_text(std::uint64_t bytes);

/// Seconds as a double, for arithmetic that leaves the time line (ratios, JSON).
[[nodiscard]] constexpr double seconds(Nanos duration) {
  return static_cast<double>(duration.count()) / 1e9;
}

}  // namespace coldboot
