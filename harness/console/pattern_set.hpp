#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/console/prefilter.hpp"
#include "harness/console/regex.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// What to look for within one line of console text: PCRE2, on bytes, case-sensitive unless it says (?i).
struct Pattern {
  std::string name;  ///< shown in faults: "marker menu"
  std::string regex;
  bool whole_line = false;  ///< final only when its line has ended, and then with the text of the line
};

/// Whether a regex can be used for a console, for file checkers. Faults (`mistake`) carry PCRE2's message and the
/// offset it points at. Refused besides what PCRE2 refuses: a regex that matches the empty string; \A, \G, \K and
/// (*VERB), whose meaning would depend on how the bytes were split (write ^ and lookbehind instead).
Result<void> check_pattern(std::string_view regex);

/// Names of the captures of a regex that check_pattern() accepts, in order of their groups; else nothing.
std::vector<std::string> capture_names(std::string_view regex);

/// Patterns compiled once and shared by all consoles that use them; immutable, any thread may use it.
class PatternSet {
 public:
  /// `use_prefilter` false: every pattern asks PCRE2 about every line. Slower, same hits; the tests compare the two.
  static Result<std::shared_ptr<const PatternSet>> compile(std::vector<Pattern> patterns, bool use_prefilter = true);

  [[nodiscard]] std::size_t size() const { return patterns_.size(); }
  [[nodiscard]] const Pattern& pattern(std::size_t index) const { return patterns_[index]; }
  [[nodiscard]] const Regex& regex(std::size_t index) const { return regexes_[index]; }
  [[nodiscard]] const Prefilter& prefilter() const { return *prefilter_; }

  /// Patterns the prefilter does not take; PCRE2 is asked about them on every line.
  [[nodiscard]] const std::vector<std::size_t>& unfiltered() const { return unfiltered_; }

 private:
  PatternSet() = default;

  std::vector<Pattern> patterns_;
  std::vector<Regex> regexes_;
  std::unique_ptr<const Prefilter> prefilter_;
  std::vector<std::size_t> unfiltered_;
};

}  // namespace coldboot
