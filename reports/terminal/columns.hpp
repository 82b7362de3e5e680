#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "reports/terminal/style.hpp"

namespace coldboot {

/// Any bytes as one line a terminal cannot take for a command: report_line(), and C1 controls and direction overrides
/// visible too. Without unicode, every byte above 0x7E as "\xe2".
std::string terminal_line(std::string_view bytes, const TerminalStyle& style);

/// Columns a terminal needs for `text` (UTF-8): 0 for combining marks, 2 for wide East Asian characters and emoji.
std::size_t display_width(std::string_view text);

/// `text`, cut with an ellipsis where it needs more than `width` columns.
std::string cut_to(std::string_view text, std::size_t width, const TerminalStyle& style);

/// `text` broken between words into lines of at most `width` columns; a longer word stays whole.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// One cell of a table. `text` is a terminal_line().
struct Cell {
  enum class Align { left, right };

  std::string text;
  Align align = Align::left;
  Ink ink = Ink::plain;
  bool may_shrink = true;  ///< names may be cut where the table is too wide; numbers may not
};

/// Rows of cells in columns as wide as they must be. Columns that may shrink do so, the widest first, until the table
/// fits.
class Table {
 public:
  void add(std::vector<Cell> row) { rows_.push_back({std::move(row), false}); }
  void add_blank() { rows_.push_back({}); }

  /// A faint line under what stands above, as wide as the table.
  void add_rule() { rows_.push_back({{}, true}); }

  /// Needed columns when nothing is cut.
  [[nodiscard]] std::size_t natural_width() const;

  /// Lines indented by two, none filled up with blanks, each ended by a line feed.
  [[nodiscard]] std::string text(const TerminalStyle& style) const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths(bool least) const;
  [[nodiscard]] std::vector<std::size_t> fitted_widths(const TerminalStyle& style) const;

  struct Row {
    std::vector<Cell> cells;
    bool is_rule = false;
  };
  [[nodiscard]] static std::string line(const Row& row, const std::vector<std::size_t>& columns,
                                        const TerminalStyle& style);

  std::vector<Row> rows_;
};

}  // namespace coldboot
