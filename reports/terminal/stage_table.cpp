#include "reports/terminal/stage_table.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "reports/terminal/columns.hpp"

namespace coldboot {
namespace {

using Summaries = std::vector<Summary> ConfigurationResult::*;
using Configurations = std::vector<const ConfigurationResult*>;

const Summary* find(const std::vector<Summary>& summaries, std::string_view name) {
  const auto found =
      std::find_if(summaries.begin(), summaries.end(), [&](const Summary& each) { return each.name == name; });
  return found == summaries.end() ? nullptr : &*found;
}

/// Names in the order of the configurations' own lists: a name the second list adds goes behind its neighbour there.
std::vector<const Summary*> rows_of(const Configurations& configurations, Summaries kind) {
  std::vector<const Summary*> rows;
  for (const ConfigurationResult* configuration : configurations) {
    auto place = rows.begin();
    for (const Summary& summary : configuration->*kind) {
      const auto known =
          std::find_if(rows.begin(), rows.end(), [&](const Summary* row) { return row->name == summary.name; });
      place = known == rows.end() ? rows.insert(place, &summary) : known;
      ++place;
    }
  }
  return rows;
}

bool is_measured(const Configurations& configurations, Summaries kind, const std::string& name) {
  return std::any_of(configurations.begin(), configurations.end(), [&](const ConfigurationResult* configuration) {
    const auto& all = configuration->*kind;
    return std::any_of(all.begin(), all.end(), [&](const Summary& each) { return each.name == name && each.median; });
  });
}

/// Stages that no boot of any configuration got through. A profile names more stages than one boot shows, so they
/// only fill the table; unless nothing was measured at all, when they are all there is to show.
std::vector<const Summary*> unseen_stages(const Configurations& configurations) {
  std::vector<const Summary*> rows = rows_of(configurations, &ConfigurationResult::spans);
  const std::size_t all = rows.size();
  std::erase_if(
      rows, [&](const Summary* row) { return is_measured(configurations, &ConfigurationResult::spans, row->name); });
  return rows.size() == all ? std::vector<const Summary*>{} : rows;
}

const Comparison* find(const RunResult& run, std::string_view name, bool is_measurement,
                       const ConfigurationResult& other) {
  const auto found = std::find_if(run.comparisons.begin(), run.comparisons.end(), [&](const Comparison& each) {
    return each.name == name && each.is_measurement == is_measurement && each.other == other.name;
  });
  return found == run.comparisons.end() ? nullptr : &*found;
}

class StageTable {
 public:
  StageTable(const RunResult& run, const TerminalStyle& style) : run_(run), style_(style), digits_(digits_of(run)) {}

  [[nodiscard]] std::string times_of(const Configurations& configurations) const {
    const Table table = times_with_bars(configurations, 0);
    const std::size_t taken = table.natural_width() + 2;
    const auto width = static_cast<std::size_t>(std::max(style_.width, 0));
    const bool bars = compares() && taken + least_bar <= width;
    const Table& shown = bars ? times_with_bars(configurations, std::min(width - taken, longest_bar)) : table;
    return shown.text(style_) + unseen_text(configurations);
  }

  /// For three configurations and more: each against its base, difference over ratio.
  [[nodiscard]] std::string comparisons_of(const Configurations& others) const {
    Table table;
    const Comparison& first = run_.comparisons.front();
    std::vector<Cell> head{name("AGAINST " + terminal_line(first.base, style_), Ink::heading)};
    for (const ConfigurationResult* each : others) {
      head.push_back(number(terminal_line(each->name, style_), Ink::heading, true));
      head.push_back(number("ratio", Ink::heading));
    }
    table.add(head);
    table.add_rule();
    for (const bool measured : {false, true}) {
      for (const Summary* row :
           rows_of(others, measured ? &ConfigurationResult::measurements : &ConfigurationResult::spans)) {
        std::vector<Cell> cells{name(title_of(*row))};
        for (const ConfigurationResult* each : others) add_comparison(cells, find(run_, row->name, measured, *each));
        table.add(cells);
      }
    }
    return table.text(style_);
  }

 private:
  static constexpr std::size_t least_bar = 13;  // its own legend
  static constexpr std::size_t longest_bar = 40;

  /// A picture of the difference needs two sides.
  [[nodiscard]] bool compares() const { return run_.configurations.size() == 2; }

  [[nodiscard]] Table times_with_bars(const Configurations& configurations, std::size_t bar) const {
    Table table;
    std::vector<Cell> head{name("STAGES", Ink::heading)};
    for (const ConfigurationResult* each : configurations) {
      head.push_back(number(terminal_line(each->name, style_), Ink::heading, true));
    }
    if (compares()) head.insert(head.end(), {number("difference", Ink::heading), number("ratio", Ink::heading)});
    if (bar > 0) head.push_back(name(cut_to(fmt::format("{} {}", both(), head[1].text), bar, style_), Ink::faint));
    table.add(head);
    add_boots(table, configurations, bar);
    table.add_rule();
    add_rows(table, configurations, &ConfigurationResult::spans, bar);
    if (rows_of(configurations, &ConfigurationResult::measurements).empty()) return table;
    table.add_blank();
    table.add({name("MEASUREMENTS", Ink::heading)});
    table.add_rule();
    add_rows(table, configurations, &ConfigurationResult::measurements, bar);
    return table;
  }

  [[nodiscard]] std::string both() const { return style_.unicode ? "█" : "#"; }
  [[nodiscard]] std::string added() const { return style_.unicode ? "▒" : "+"; }
  [[nodiscard]] std::string saved() const { return style_.unicode ? "·" : "."; }

  [[nodiscard]] std::string unseen_text(const Configurations& configurations) const {
    std::string titles;
    for (const Summary* row : unseen_stages(configurations)) titles += (titles.empty() ? "" : ", ") + title_of(*row);
    if (titles.empty()) return {};
    std::string text;
    for (const std::string& line :
         wrapped("not seen in any boot: " + titles, static_cast<std::size_t>(std::max(style_.width - 2, 20)))) {
      text += "  " + inked(line, Ink::faint, style_) + "\n";
    }
    return text;
  }

  /// The longest time of all fills the bar.
  [[nodiscard]] Nanos longest_time() const {
    Nanos longest{1};
    for (const Comparison& each : run_.comparisons) {
      longest = std::max({longest, each.base_time.value_or(Nanos{}), each.other_time.value_or(Nanos{})});
    }
    return longest;
  }

  /// What both need, then what the second needs more or less.
  [[nodiscard]] Cell bar_cell(const Comparison* comparison, std::size_t bar) const {
    if (comparison == nullptr || !comparison->base_time || !comparison->other_time) return name("");
    const double scale = static_cast<double>(bar) / seconds(longest_time());
    const auto columns = [&](Nanos time) { return std::lround(std::max(seconds(time), 0.0) * scale); };
    const long base = columns(*comparison->base_time);
    const long other = columns(*comparison->other_time);
    std::string drawn;
    for (long i = 0; i < std::max(base, other); ++i)
      drawn += i < std::min(base, other) ? both() : other > base ? added() : saved();
    return name(drawn);
  }

  static Cell name(std::string text, Ink ink = Ink::plain) { return {std::move(text), Cell::Align::left, ink, true}; }
  static Cell number(std::string text, Ink ink = Ink::plain, bool may_shrink = false) {
    return {std::move(text), Cell::Align::right, ink, may_shrink};
  }

  [[nodiscard]] std::string dash() const { return style_.unicode ? "–" : "-"; }

  [[nodiscard]] std::string title_of(const Summary& summary) const {
    return terminal_line(summary.title.empty() ? summary.name : summary.title, style_);
  }

  /// The sign is written even for a gain, because it is a difference.
  [[nodiscard]] std::string signed_seconds(Nanos duration) const {
    const std::string text = plain_seconds(std::chrono::abs(duration), digits_);
    if (text.find_first_not_of("0.") == std::string::npos) return text;
    return (duration.count() < 0 ? (style_.unicode ? "−" : "-") : "+") + text;
  }

  [[nodiscard]] std::string ratio_text(const std::optional<double>& ratio) const {
    return ratio && std::isfinite(*ratio) ? fmt::format("{:.3f}", *ratio) : dash();
  }

  void add_comparison(std::vector<Cell>& cells, const Comparison* comparison) const {
    const bool known = comparison != nullptr && comparison->difference;
    cells.push_back(number(known ? signed_seconds(*comparison->difference) : dash(), known ? Ink::plain : Ink::faint));
    cells.push_back(number(known ? ratio_text(comparison->ratio) : dash(), known ? Ink::plain : Ink::faint));
  }

  void add_boots(Table& table, const Configurations& configurations, std::size_t bar) const {
    std::vector<Cell> cells{name("median in seconds", Ink::faint)};
    for (const ConfigurationResult* each : configurations) {
      const auto boots = std::count_if(run_.boots.begin(), run_.boots.end(), [&](const BootResult& boot) {
        return boot.configuration == each->name && boot.bench == each->bench;
      });
      cells.push_back(number(fmt::format("{} boot{}", boots, boots == 1 ? "" : "s"), Ink::faint));
    }
    if (bar > 0) {
      cells.insert(cells.end(),
                   {name(""), name(""), name(fmt::format("{} more {} less", added(), saved()), Ink::faint)});
    }
    table.add(cells);
  }

  void add_rows(Table& table, const Configurations& configurations, Summaries kind, std::size_t bar) const {
    const std::vector<const Summary*> unseen =
        kind == &ConfigurationResult::spans ? unseen_stages(configurations) : std::vector<const Summary*>{};
    for (const Summary* row : rows_of(configurations, kind)) {
      if (std::find(unseen.begin(), unseen.end(), row) != unseen.end()) continue;
      std::vector<Cell> medians{name(title_of(*row))};
      std::vector<Cell> ranges{name("")};
      std::vector<Cell> shares{name("")};
      for (const ConfigurationResult* each : configurations) {
        const Summary* summary = find(each->*kind, row->name);
        medians.push_back(median_cell(summary));
        ranges.push_back(number(summary == nullptr ? "" : range_text(*summary), Ink::faint));
        shares.push_back(number(summary == nullptr ? "" : share_text(*summary), Ink::doubtful));
      }
      if (compares()) {
        const bool is_measurement = kind == &ConfigurationResult::measurements;
        const Comparison* comparison = find(run_, row->name, is_measurement, *configurations.back());
        add_comparison(medians, comparison);
        if (bar > 0) medians.push_back(bar_cell(comparison, bar));
      }
      table.add(medians);
      for (const std::vector<Cell>& below : {ranges, shares}) {
        if (std::any_of(below.begin(), below.end(), [](const Cell& cell) { return !cell.text.empty(); }))
          table.add(below);
      }
    }
  }

  /// Dash: the stage does not apply here. "not seen": it does, and no boot got through it.
  [[nodiscard]] Cell median_cell(const Summary* summary) const {
    if (summary == nullptr || (summary->boots == 0 && !summary->median)) return number(dash(), Ink::faint);
    if (!summary->median) return number("not seen", Ink::doubtful);
    return number(plain_seconds(*summary->median, digits_));
  }

  [[nodiscard]] std::string range_text(const Summary& summary) const {
    if (summary.seen < 2 || !summary.lowest || !summary.highest) return {};
    return fmt::format("{}..{}", plain_seconds(*summary.lowest, digits_), plain_seconds(*summary.highest, digits_));
  }

  /// A median of fewer boots than there were says so.
  [[nodiscard]] static std::string share_text(const Summary& summary) {
    if (summary.seen == 0 || summary.seen >= summary.boots) return {};
    return fmt::format("{} of {}", summary.seen, summary.boots);
  }

  const RunResult& run_;
  const TerminalStyle& style_;
  int digits_;
};

/// Configurations that fit beside each other; the rest follow in a table of their own.
std::vector<Configurations> groups_of(const Configurations& configurations, const TerminalStyle& style,
                                      std::size_t columns_each) {
  constexpr std::size_t names = 24;
  const std::size_t room = style.width > 24 ? static_cast<std::size_t>(style.width) - names : 0;
  const std::size_t most = std::max<std::size_t>(1, room / columns_each);
  std::vector<Configurations> groups;
  for (const ConfigurationResult* each : configurations) {
    if (groups.empty() || groups.back().size() == most) groups.emplace_back();
    groups.back().push_back(each);
  }
  return groups;
}

}  // namespace

std::string plain_seconds(Nanos duration, int digits) {
  return fmt::format("{:.{}f}", seconds(duration), digits);
}

int digits_of(const RunResult& run) {
  std::optional<Nanos> least;
  for (const ConfigurationResult& configuration : run.configurations) {
    for (const auto* summaries : {&configuration.spans, &configuration.measurements}) {
      for (const Summary& summary : *summaries) {
        if (summary.median && (!least || summary.uncertainty < *least)) least = summary.uncertainty;
      }
    }
  }
  if (!least || *least < std::chrono::milliseconds(10)) return 3;
  return *least < std::chrono::milliseconds(100) ? 2 : 1;
}

std::string stage_table(const RunResult& run, const TerminalStyle& style) {
  constexpr std::size_t time_columns = 15;
  constexpr std::size_t comparison_columns = 20;
  const StageTable table(run, style);
  Configurations all;
  for (const ConfigurationResult& each : run.configurations) all.push_back(&each);
  std::string text;
  const auto append = [&](const std::string& next) { text += (text.empty() ? "" : "\n") + next; };
  if (all.size() == 2) return table.times_of(all);
  for (const Configurations& group : groups_of(all, style, time_columns)) append(table.times_of(group));
  if (all.size() < 2 || run.comparisons.empty()) return text;
  Configurations others;
  std::copy_if(all.begin(), all.end(), std::back_inserter(others),
               [&](const ConfigurationResult* each) { return each->name != run.comparisons.front().base; });
  for (const Configurations& group : groups_of(others, style, comparison_columns)) append(table.comparisons_of(group));
  return text;
}

}  // namespace coldboot
