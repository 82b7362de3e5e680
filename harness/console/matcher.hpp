#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/console/pattern_set.hpp"

namespace coldboot {

/// One place where a pattern matched.
struct RawHit {
  std::size_t pattern = 0;  ///< index in the PatternSet
  std::uint64_t begin = 0;  ///< raw byte offsets, [begin, end)
  std::uint64_t end = 0;
  std::size_t line = 0;                         ///< from 1
  bool held = false;                            ///< provisional: more bytes may lengthen, move or undo it
  std::string text;                             ///< what matched, as it stands in the cleaned text
  std::string line_text;                        ///< whole_line patterns: the line; of a held hit: what is there of it
  bool blank_after = false;                     ///< whole_line patterns: only blanks follow the match on its line
  std::map<std::string, std::string> captures;  ///< named groups that took part
  bool operator==(const RawHit&) const = default;
};

/// Finds patterns in the text of one console while it arrives. A match lies within one line; matches of one pattern
/// do not overlap; ^ and $ are the ends of the line. The same bytes give the same final hits however they are split.
///
/// A match that more bytes could change is held back until the next byte or the end of the line decides. What can be
/// said meanwhile is reported as a `held` hit, once for each extent.
///
/// A line is matched through a window of 8192 bytes of its text: whenever the window is full, what can be decided is
/// decided, a match still open that began in the first half ends there, and the first half is dropped. So a line of
/// any length costs bounded memory, and a match is at most 8192 bytes long.
class Matcher {
 public:
  static constexpr std::size_t window = 8192;

  explicit Matcher(std::shared_ptr<const PatternSet> patterns);
  ~Matcher();
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;

  /// Takes the console's next bytes and appends what they decide to `hits`.
  void feed(std::string_view bytes, std::vector<RawHit>& hits);

  /// Whether `bytes`, fed next, would show anything: text that is not blank, or a new line.
  [[nodiscard]] bool would_show(std::string_view bytes) const;

  /// We type `bytes` after `at_offset` raw bytes were received. Text from there on that repeats their printable part
  /// (of 3 characters or more) without a gap but for line breaks is echo, once; a hit wholly inside echo is dropped.
  /// To be called before the bytes at that offset are fed.
  void sent(std::string_view bytes, std::uint64_t at_offset);

  /// Nothing more comes: ends the last line.
  void finish(std::vector<RawHit>& hits);

  [[nodiscard]] std::uint64_t received() const;        ///< raw bytes fed
  [[nodiscard]] std::size_t line() const;              ///< number of the line the next text belongs to, from 1
  [[nodiscard]] std::uint64_t undecided_from() const;  ///< no later hit begins before this raw offset

  /// Patterns that ran into PCRE2's match limit somewhere; there, nothing was found.
  [[nodiscard]] std::vector<std::size_t> gave_up() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace coldboot
