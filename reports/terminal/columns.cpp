#include "reports/terminal/columns.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>

#include <fmt/format.h>

#include "reports/plain/report_text.hpp"

namespace coldboot {
namespace {

constexpr std::size_t indent = 2;
constexpr std::size_t between = 2;
constexpr std::size_t narrowest_name = 8;
constexpr std::size_t longest_line = 4000;

struct Range {
  char32_t first;
  char32_t last;
};

// Source: Unicode 15, general category Mn and East Asian Width, reduced to the blocks a console meets.
constexpr std::array without_width{Range{0x0300, 0x036F}, Range{0x0591, 0x05BD}, Range{0x064B, 0x065F},
                                   Range{0x200B, 0x200F}, Range{0x20D0, 0x20FF}, Range{0xFE00, 0xFE0F},
                                   Range{0xFEFF, 0xFEFF}};
constexpr std::array double_width{Range{0x1100, 0x115F},   Range{0x2E80, 0xA4CF},   Range{0xAC00, 0xD7A3},
                                  Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},
                                  Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F}, Range{0x1F680, 0x1F6FF},
                                  Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD}};
// C1 controls (U+009B is CSI to many terminals), direction marks and overrides.
constexpr std::array commands{Range{0x0080, 0x009F}, Range{0x200E, 0x200F}, Range{0x202A, 0x202E},
                              Range{0x2066, 0x2069}};

template <std::size_t N>
bool in(const std::array<Range, N>& ranges, char32_t point) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& range) { return point >= range.first && point <= range.last; });
}

/// The first character of valid UTF-8 and how many bytes it takes.
struct Character {
  char32_t point = 0;
  std::size_t length = 1;
};

Character first_of(std::string_view text) {
  const auto first = static_cast<std::uint8_t>(text[0]);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  char32_t point = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length && i < text.size(); ++i)
    point = point << 6U | (static_cast<std::uint8_t>(text[i]) & 0x3FU);
  return {point, std::min(length, text.size())};
}

std::size_t width_of(char32_t point) {
  if (in(without_width, point)) return 0;
  return in(double_width, point) ? 2 : 1;
}

std::string blanks(std::size_t count) {
  return std::string(count, ' ');
}

std::size_t total_width(const std::vector<std::size_t>& columns) {
  if (columns.empty()) return 0;
  return std::accumulate(columns.begin(), columns.end(), indent + between * (columns.size() - 1));
}

}  // namespace

std::string terminal_line(std::string_view bytes, const TerminalStyle& style) {
  const std::string line = report_line(bytes, longest_line);
  std::string safe;
  std::string_view rest = line;
  while (!rest.empty()) {
    const Character next = first_of(rest);
    const std::string_view raw = rest.substr(0, next.length);
    rest.remove_prefix(next.length);
    if (in(commands, next.point) || (!style.unicode && next.point > 0x7E)) {
      for (const char c : raw) safe += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(c));
    } else {
      safe += raw;
    }
  }
  return safe;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character next = first_of(text);
    width += width_of(next.point);
    text.remove_prefix(next.length);
  }
  return width;
}

std::string cut_to(std::string_view text, std::size_t width, const TerminalStyle& style) {
  if (display_width(text) <= width) return std::string(text);
  const std::string_view ellipsis = style.unicode ? "…" : "~";
  if (width == 0) return {};
  std::size_t used = 0;
  std::size_t end = 0;
  while (end < text.size()) {
    const Character next = first_of(text.substr(end));
    if (used + width_of(next.point) > width - 1) break;
    used += width_of(next.point);
    end += next.length;
  }
  return fmt::format("{}{}", text.substr(0, end), ellipsis);
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  std::string line;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && display_width(line) + 1 + display_width(word) > width) {
      lines.push_back(std::move(line));
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  if (!line.empty() || lines.empty()) lines.push_back(std::move(line));
  return lines;
}

/// The width of each column: as much as its cells want, or as little as they can bear.
std::vector<std::size_t> Table::widths(bool least) const {
  std::vector<std::size_t> widths;
  for (const auto& [row, is_rule] : rows_) {
    if (widths.size() < row.size()) widths.resize(row.size(), 0);
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::size_t natural = display_width(row[i].text);
      widths[i] = std::max(widths[i], least && row[i].may_shrink ? std::min(natural, narrowest_name) : natural);
    }
  }
  return widths;
}

std::vector<std::size_t> Table::fitted_widths(const TerminalStyle& style) const {
  std::vector<std::size_t> fitted = widths(false);
  const std::vector<std::size_t> least = widths(true);
  std::size_t total = total_width(fitted);
  for (; total > static_cast<std::size_t>(style.width); --total) {
    std::size_t widest = fitted.size();
    for (std::size_t i = 0; i < fitted.size(); ++i) {
      if (fitted[i] > least[i] && (widest == fitted.size() || fitted[i] > fitted[widest])) widest = i;
    }
    if (widest == fitted.size()) break;
    --fitted[widest];
  }
  return fitted;
}

std::size_t Table::natural_width() const {
  return total_width(widths(false));
}

/// Blanks are written only when something follows them.
std::string Table::line(const Row& row, const std::vector<std::size_t>& columns, const TerminalStyle& style) {
  std::string line;
  std::size_t owed = indent;
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const Cell& cell = row.cells[i];
    if (cell.text.empty()) {
      owed += columns[i] + between;
      continue;
    }
    const std::string shown = cut_to(cell.text, columns[i], style);
    const std::size_t room = columns[i] - std::min(columns[i], display_width(shown));
    const bool right = cell.align == Cell::Align::right;
    line += blanks(owed + (right ? room : 0)) + inked(shown, cell.ink, style);
    owed = between + (right ? 0 : room);
  }
  return line;
}

std::string Table::text(const TerminalStyle& style) const {
  const std::vector<std::size_t> columns = fitted_widths(style);
  std::string rule;
  for (std::size_t i = indent; i < total_width(columns); ++i) rule += style.unicode ? "─" : "-";
  std::string text;
  for (const Row& row : rows_) {
    text += (row.is_rule ? blanks(indent) + inked(rule, Ink::faint, style) : line(row, columns, style)) + "\n";
  }
  return text;
}

}  // namespace coldboot
