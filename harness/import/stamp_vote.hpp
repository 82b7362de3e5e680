#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/import/stamp.hpp"

namespace coldboot {

/// A form as one tool writes it.
struct StampStyle {
  StampForm form = StampForm::none;
  bool bracketed = false;
  bool operator==(const StampStyle&) const = default;
};

/// How the lines of one log are stamped.
struct StampScheme {
  std::vector<StampStyle> prefixes;  ///< written by capturing tools, outermost first: taken off the lines
  StampStyle source;                 ///< the one the times are taken from; form `none` where there are no times
  bool since_previous = false;       ///< the source counts from line to line, not from a common zero
  bool leap_year = false;            ///< a 29 February occurs
  int digits = 0;                    ///< after the decimal point, in most stamps of the source
  std::size_t seen = 0;              ///< lines that carry the source's stamp
  std::vector<std::string> refused;  ///< for people: forms that occur and were not believed, and why
};

/// What a user knows better than the vote.
struct ForcedStamps {
  std::optional<StampForm> form;  ///< `none`: leave every line as it is
  std::optional<bool> since_previous;
};

/// Calls `take(line)` for every line of `bytes`, with its line feed; the last may lack one.
template <class Take>
void for_each_line(std::string_view bytes, Take take) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const auto length = end == std::string_view::npos ? bytes.size() : end + 1;
    take(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
}

/// One line taken apart.
struct PeeledLine {
  std::size_t prefix = 0;       ///< bytes the capturing tools put in front
  std::optional<Stamp> source;  ///< the stamp the time comes from
};

/// Takes the scheme's prefixes off `line`, as far as it has them.
PeeledLine peel(std::string_view line, const StampScheme& scheme);

/// Finds out how the lines are stamped. A form is believed where a quarter of the lines that are not blank begin with
/// it and its times run forward; behind one prefix another is believed where half of the prefixed lines have it.
/// Without such a prefix the DUT's own stamps are the source. A forced form is taken wherever it occurs.
StampScheme vote_on_stamps(std::string_view bytes, const ForcedStamps& forced);

}  // namespace coldboot
