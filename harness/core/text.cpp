#include "harness/core/text.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <system_error>

#include <fmt/format.h>

namespace coldboot {
namespace {

struct Decoded {
  std::size_t length = 1;  ///< bytes taken
  bool valid = false;
  std::uint32_t code_point = 0;
};

/// One code point as RFC 3629 allows it: no overlong form, no surrogate, nothing above U+10FFFF.
Decoded decode(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  const auto continues = [&](std::size_t i) { return i < bytes.size() && (byte(i) & 0xC0U) == 0x80U; };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {1, true, first};
  std::size_t length = 0;
  std::uint32_t lowest = 0;
  std::uint32_t value = 0;
  if ((first & 0xE0U) == 0xC0U) {
    length = 2, lowest = 0x80, value = first & 0x1FU;
  } else if ((first & 0xF0U) == 0xE0U) {
    length = 3, lowest = 0x800, value = first & 0x0FU;
  } else if ((first & 0xF8U) == 0xF0U) {
    length = 4, lowest = 0x10000, value = first & 0x07U;
  } else {
    return {};
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (!continues(i)) return {};
    value = value << 6U | (byte(i) & 0x3FU);
  }
  if (value < lowest || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {length, true, value};
}

bool allowed_in_xml(std::uint32_t code_point) {
  if (code_point == '\t' || code_point == '\n') return true;
  if (code_point < 0x20 || code_point == 0x7F) return false;
  return code_point != 0xFFFE && code_point != 0xFFFF;
}

}  // namespace

std::string printable(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Decoded next = decode(bytes);
    const std::string_view raw = bytes.substr(0, next.length);
    bytes.remove_prefix(next.length);
    if (next.valid && allowed_in_xml(next.code_point)) {
      text += raw;
    } else {
      for (const char c : raw) text += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(c));
    }
  }
  return text;
}

std::string printable_line(std::string_view bytes, std::size_t most) {
  std::string line;
  for (const char c : printable(bytes)) {
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\t') {
      line += "\\t";
    } else {
      line += c;
    }
  }
  if (line.size() <= most) return line;
  std::size_t end = most;
  while (end > 0 && (static_cast<std::uint8_t>(line[end]) & 0xC0U) == 0x80U) --end;  // never inside a character
  return line.substr(0, end) + "…";
}

std::string errno_text(int error) {
  return std::generic_category().message(error);
}

std::string closest(std::string_view wanted, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = wanted.size() / 3 + 1;
  for (const std::string& candidate : known) {
    std::vector<std::size_t> row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= wanted.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const std::size_t replaced = diagonal + (wanted[i - 1] == candidate[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
      }
    }
    if (row.back() <= best_distance && (best.empty() || row.back() < best_distance)) {
      best = candidate;
      best_distance = row.back();
    }
  }
  return best;
}

}  // namespace coldboot
