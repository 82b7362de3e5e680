#include "reports/plain/report_text.hpp"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

constexpr char escape = '\x1b';

bool within(char c, int first, int last) {
  const int byte = static_cast<std::uint8_t>(c);
  return byte >= first && byte <= last;
}

std::size_t skip(std::string_view bytes, std::size_t at, int first, int last) {
  while (at < bytes.size() && within(bytes[at], first, last)) ++at;
  return at;
}

/// ESC ] ... BEL, ESC P ... ESC \ and the like: ends at BEL or ST, never runs over a line's end.
std::size_t string_length(std::string_view bytes) {
  for (std::size_t at = 2; at < bytes.size(); ++at) {
    if (bytes[at] == '\a') return at + 1;
    if (bytes[at] == '\n' || bytes[at] == '\r') return 0;
    if (bytes[at] == escape) return at + 1 < bytes.size() && bytes[at + 1] == '\\' ? at + 2 : 0;
  }
  return 0;
}

/// Length of the control sequence at the start of `bytes` (which begins with ESC), 0 where there is no whole one.
/// Source: ECMA-48, 5.3 to 5.6.
std::size_t sequence_length(std::string_view bytes) {
  if (bytes.size() < 2) return 0;
  const char kind = bytes[1];
  if (kind == ']' || kind == 'P' || kind == 'X' || kind == '^' || kind == '_') return string_length(bytes);
  const bool csi = kind == '[';
  std::size_t at = csi ? skip(bytes, 2, 0x30, 0x3F) : 1;
  at = skip(bytes, at, 0x20, 0x2F);
  if (at >= bytes.size() || !within(bytes[at], csi ? 0x40 : 0x30, 0x7E)) return 0;
  return at + 1;
}

std::string without_sequences(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t plain = std::min(bytes.find(escape), bytes.size());
    text += bytes.substr(0, plain);
    bytes.remove_prefix(plain);
    if (bytes.empty()) break;
    const std::size_t length = sequence_length(bytes);
    if (length == 0) text += escape;
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text;
}

std::string with_plain_line_ends(std::string_view text) {
  std::string lines;
  lines.reserve(text.size());
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find('\r'), text.size());
    lines += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    text.remove_prefix(1);
    if (text.empty() || text.front() != '\n') lines += '\n';
  }
  return lines;
}

bool starts_character(char c) {
  return (static_cast<std::uint8_t>(c) & 0xC0U) != 0x80U;
}

/// Where the first `lines` lines end, `bytes` at most.
std::size_t head_end(std::string_view text, std::size_t lines, std::size_t bytes) {
  std::size_t end = 0;
  for (std::size_t line = 0; line < lines && end < text.size(); ++line) {
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
  }
  end = std::min(end, bytes);
  while (end > 0 && end < text.size() && !starts_character(text[end])) --end;
  return end;
}

/// Where the last `lines` lines begin, `bytes` at most.
std::size_t tail_begin(std::string_view text, std::size_t lines, std::size_t bytes) {
  std::size_t begin = text.size();
  if (begin > 0 && text.back() == '\n') --begin;
  for (std::size_t line = 0; line < lines && begin > 0; ++line) {
    const std::size_t end = text.rfind('\n', begin - 1);
    begin = end == std::string_view::npos ? 0 : end;
  }
  if (begin > 0) ++begin;
  if (text.size() - begin > bytes) begin = text.size() - bytes;
  while (begin < text.size() && !starts_character(text[begin])) ++begin;
  return begin;
}

}  // namespace

std::string report_text(std::string_view bytes) {
  return printable(with_plain_line_ends(without_sequences(bytes)));
}

std::string report_line(std::string_view bytes, std::size_t most) {
  return printable_line(without_sequences(bytes), most);
}

std::string excerpt(std::string_view text, const Excerpt& bounds) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  if (text.size() <= bounds.head_bytes + bounds.tail_bytes && lines <= bounds.head_lines + bounds.tail_lines) {
    return std::string(text);
  }
  const std::size_t head = head_end(text, bounds.head_lines, bounds.head_bytes);
  const std::size_t tail = std::max(head, tail_begin(text, bounds.tail_lines, bounds.tail_bytes));
  if (tail == head) return std::string(text);
  const std::string_view cut = text.substr(head, tail - head);
  return fmt::format("{}{}[... cut here: {} bytes, {} line ends; the whole console is in the run folder ...]\n{}",
                     text.substr(0, head), head > 0 && text[head - 1] != '\n' ? "\n" : "", cut.size(),
                     std::count(cut.begin(), cut.end(), '\n'), text.substr(tail));
}

}  // namespace coldboot
