#include "harness/import/stamp_vote.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace coldboot {
namespace {

constexpr int most_prefixes = 4;

/// What was counted of one style in one place of the lines.
struct Tally {
  StampStyle style;
  std::size_t lines = 0;
  std::size_t backward = 0;  ///< stamps earlier than the one before them
  std::size_t below_one_second = 0;
  bool leap_day = false;
  Nanos previous{};
  std::array<std::size_t, 10> digits{};

  void add(const Stamp& stamp) {
    backward += lines > 0 && stamp.value < previous ? 1U : 0U;
    below_one_second += stamp.value < std::chrono::seconds(1) ? 1U : 0U;
    leap_day = leap_day || stamp.leap_day;
    ++digits.at(static_cast<std::size_t>(stamp.digits));
    previous = stamp.value;
    ++lines;
  }

  [[nodiscard]] int usual_digits() const {
    return static_cast<int>(std::distance(digits.begin(), std::max_element(digits.begin(), digits.end())));
  }

  /// Times since the previous line are mostly tiny and fall as often as they rise; those from a common zero fall only
  /// at midnight or where a clock was set.
  [[nodiscard]] bool counts_from_line_to_line() const {
    const bool possible = style.form == StampForm::clock || style.form == StampForm::seconds;
    return possible && backward >= 3 && backward * 100 > lines && below_one_second * 2 >= lines;
  }

  /// One step back is no doubt: any clock may pass midnight.
  [[nodiscard]] bool runs_forward() const { return backward <= 1 || backward * 4 <= lines; }
};

/// All styles found in one place of the lines.
struct Ballot {
  std::vector<Tally> tallies;
  std::size_t voters = 0;  ///< lines that could have had a stamp there

  Tally& of(StampStyle style) {
    const auto found = std::find_if(tallies.begin(), tallies.end(), [&](const Tally& t) { return t.style == style; });
    if (found != tallies.end()) {
      return *found;
    }
    tallies.push_back({.style = style});
    return tallies.back();
  }
};

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// How many bytes the scheme's prefixes take, or nothing where the line lacks one of them.
std::optional<std::size_t> all_prefixes(std::string_view line, const StampScheme& scheme) {
  std::size_t length = 0;
  for (const StampStyle& style : scheme.prefixes) {
    const auto stamp = read_stamp(line.substr(length));
    if (!stamp || StampStyle{stamp->form, stamp->bracketed} != style) {
      return std::nullopt;
    }
    length += stamp->length;
  }
  return length;
}

/// What stands behind the prefixes found so far.
Ballot count_next(std::string_view bytes, const StampScheme& scheme) {
  Ballot ballot;
  for_each_line(bytes, [&](std::string_view line) {
    const auto prefix = all_prefixes(line, scheme);
    if (!prefix || is_blank(line.substr(*prefix))) {
      return;
    }
    ++ballot.voters;
    if (const auto stamp = read_stamp(line.substr(*prefix))) {
      ballot.of({stamp->form, stamp->bracketed}).add(*stamp);
    }
  });
  return ballot;
}

std::string describe(const Tally& tally, std::size_t voters) {
  return fmt::format("{} of {} lines begin with a {} stamp", tally.lines, voters, name_of(tally.style.form));
}

/// Why `tally` is not believed to be a capturing tool's prefix, or an empty text.
std::string doubt(const Tally& tally, std::size_t voters, bool outermost) {
  if (tally.lines * (outermost ? 4 : 2) < voters) {
    return describe(tally, voters) + ": too few to be the capturing tool's";
  }
  if (!tally.runs_forward() && !tally.counts_from_line_to_line()) {
    return describe(tally, voters) + fmt::format(", but {} of them run backwards", tally.backward);
  }
  return {};
}

template <class Allowed>
const Tally* most_voted(const Ballot& ballot, Allowed allowed) {
  const Tally* best = nullptr;
  for (const Tally& tally : ballot.tallies) {
    if (allowed(tally) && (best == nullptr || tally.lines > best->lines)) {
      best = &tally;
    }
  }
  return best;
}

void take_source(StampScheme& scheme, const Tally& tally, const ForcedStamps& forced) {
  scheme.source = tally.style;
  scheme.since_previous = forced.since_previous.value_or(tally.counts_from_line_to_line());
  scheme.digits = tally.usual_digits();
  scheme.seen = tally.lines;
}

/// The prefix most lines have next, or null where what follows is the console's own text.
const Tally* next_prefix(const Ballot& ballot, StampScheme& scheme, const ForcedStamps& forced) {
  const bool outermost = scheme.prefixes.empty();
  const bool still_missing = forced.form && scheme.source.form != *forced.form;
  const auto* wanted =
      most_voted(ballot, [&](const Tally& t) { return still_missing && t.style.form == *forced.form; });
  if (wanted != nullptr) {
    return wanted;
  }
  const auto* best = most_voted(ballot, [](const Tally& t) { return !is_dut_stamp(t.style.form); });
  if (best == nullptr) {
    return nullptr;
  }
  const std::string why_not = doubt(*best, ballot.voters, outermost);
  if (why_not.empty()) {
    return best;
  }
  const bool worth_saying = outermost && best->lines * 20 >= ballot.voters;  // a stray date is nobody's news
  if (worth_saying) {
    scheme.refused.push_back(why_not);
  }
  return nullptr;
}

/// Whole seconds in brackets are a kernel's only where nearly everything has them; "[1] " alone is anything.
bool is_kernel_clock(const Tally& tally, std::size_t voters) {
  return is_dut_stamp(tally.style.form) && tally.runs_forward() &&
         (tally.style.form == StampForm::printk || tally.lines * 2 >= voters);
}

void use_dut_stamps(const Ballot& ballot, StampScheme& scheme, const ForcedStamps& forced) {
  const auto* kernel = most_voted(ballot, [&](const Tally& t) {
    return forced.form ? t.style.form == *forced.form : is_kernel_clock(t, ballot.voters);
  });
  if (kernel != nullptr) {
    take_source(scheme, *kernel, forced);
  }
}

}  // namespace

PeeledLine peel(std::string_view line, const StampScheme& scheme) {
  PeeledLine peeled;
  for (const StampStyle& style : scheme.prefixes) {
    const auto stamp = read_stamp(line.substr(peeled.prefix), scheme.leap_year);
    if (!stamp || StampStyle{stamp->form, stamp->bracketed} != style) {
      return peeled;
    }
    peeled.prefix += stamp->length;
    if (style == scheme.source && !peeled.source) {
      peeled.source = stamp;
    }
  }
  if (is_dut_stamp(scheme.source.form)) {
    const auto stamp = read_stamp(line.substr(peeled.prefix));
    if (stamp && stamp->form == scheme.source.form) {
      peeled.source = stamp;
    }
  }
  return peeled;
}

StampScheme vote_on_stamps(std::string_view bytes, const ForcedStamps& forced) {
  StampScheme scheme;
  if (forced.form == StampForm::none) {
    return scheme;
  }
  const bool want_dut_stamps = forced.form && is_dut_stamp(*forced.form);
  Ballot ballot = count_next(bytes, scheme);
  while (scheme.prefixes.size() < most_prefixes) {
    const Tally* prefix = next_prefix(ballot, scheme, forced);
    if (prefix == nullptr || is_dut_stamp(prefix->style.form)) {
      break;
    }
    const bool is_source = forced.form ? prefix->style.form == *forced.form : scheme.prefixes.empty();
    if (is_source && scheme.source.form == StampForm::none) {
      take_source(scheme, *prefix, forced);
    }
    scheme.leap_year = scheme.leap_year || prefix->leap_day;
    scheme.prefixes.push_back(prefix->style);
    ballot = count_next(bytes, scheme);
  }
  if (scheme.prefixes.empty() || want_dut_stamps) {
    use_dut_stamps(ballot, scheme, forced);
  }
  return scheme;
}

}  // namespace coldboot
