#include "reports/terminal/terminal_report.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "reports/terminal/columns.hpp"
#include "reports/terminal/stage_table.hpp"

namespace coldboot {
namespace {

constexpr std::size_t most_silences = 5;
constexpr std::size_t most_failures = 10;
constexpr std::size_t most_boots = 20;
constexpr Nanos shortest_silence = std::chrono::seconds(1);  // shorter ones are how every system boots

Ink ink_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return Ink::good;
    case Verdict::skipped: return Ink::faint;
    case Verdict::inconclusive: return Ink::doubtful;
    case Verdict::fail:
    case Verdict::error:
    case Verdict::aborted: return Ink::bad;
  }
  return Ink::plain;
}

std::string word_of(Verdict verdict) {
  std::string word(name_of(verdict));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return word;
}

std::string plural(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

/// The same thing said by several boots of one configuration.
template <class T>
struct Finding {
  const BootResult* boot = nullptr;  ///< the boot it is shown of
  const T* what = nullptr;
  std::set<int> boots;
};

template <class T, class Key, class Better>
std::vector<Finding<T>> gather(const RunResult& run, std::vector<T> BootResult::* list, Key key, Better better) {
  std::vector<Finding<T>> findings;
  for (const BootResult& boot : run.boots) {
    for (const T& each : boot.*list) {
      auto known = std::find_if(findings.begin(), findings.end(), [&](const Finding<T>& finding) {
        return finding.boot->configuration == boot.configuration && key(*finding.what) == key(each);
      });
      if (known == findings.end()) known = findings.insert(findings.end(), {&boot, &each, {}});
      if (better(each, *known->what)) known->boot = &boot, known->what = &each;
      known->boots.insert(boot.number);
    }
  }
  return findings;
}

/// A page in the making, one block after the other with an empty line between.
class Page {
 public:
  Page(const RunResult& run, const TerminalStyle& style) : run_(run), style_(style), digits_(digits_of(run)) {}

  void title() {
    const std::string name = safe(run_.scenario.empty() ? "unnamed" : run_.scenario);
    text_ += inked(cut_to(name, width(), style_), Ink::heading, style_);
    if (!run_.title.empty() && run_.title != run_.scenario) {
      text_ += "  " + cut_to(safe(run_.title), width() - std::min(width(), display_width(name) + 2), style_);
    }
    text_ += "\n";
    std::vector<std::string> facts;
    if (!run_.requirement.empty()) facts.push_back(run_.requirement);
    facts.push_back(plural(run_.configurations.size(), "configuration"));
    facts.push_back(plural(run_.boots.size(), "boot"));
    if (!run_.started_utc.empty()) facts.push_back(run_.started_utc);
    if (run_.took > Nanos{}) facts.push_back("took " + seconds_text(run_.took, 0));
    if (!run_.version.empty()) facts.push_back("coldboot " + run_.version);
    if (const std::string busy = host_busy(); !busy.empty()) facts.push_back(busy);
    while (facts.size() > 1 && display_width(joined(facts)) > width()) facts.pop_back();
    text_ += inked(cut_to(joined(facts), width(), style_), Ink::faint, style_) + "\n";
  }

  void configurations() {
    const bool any = std::any_of(run_.configurations.begin(), run_.configurations.end(),
                                 [](const ConfigurationResult& each) { return !each.attributes.empty(); });
    if (!any) return;
    text_ += "\n";
    const Table beside = configurations_beside();
    const bool fits = beside.natural_width() <= width();
    text_ += (fits ? beside : configurations_below()).text(style_);
    const bool differs =
        std::any_of(run_.configurations.begin(), run_.configurations.end(), [](const ConfigurationResult& each) {
          return std::any_of(each.attributes.begin(), each.attributes.end(),
                             [](const Attribute& row) { return !row.agrees; });
        });
    if (differs)
      text_ += inked(fmt::format("  {} observed is not what was declared", unequal()), Ink::bad, style_) + "\n";
  }

  /// What was put on the board, once for each image in order of the first time; most runs put nothing there.
  void images() {
    struct Told {
      const BootResult* boot;
      const ImagePut* put;
      int times;
      int unchanged;
    };
    std::vector<Told> told;
    for (const BootResult& boot : run_.boots) {
      for (const ImagePut& put : boot.images) {
        auto one = std::ranges::find_if(told, [&](const Told& known) {
          return known.boot->configuration == boot.configuration && known.put->medium == put.medium &&
                 known.put->image == put.image;
        });
        if (one == told.end()) one = told.insert(told.end(), Told{&boot, &put, 0, 0});
        const bool is_unchanged = put.outcome == name_of(ChipOutcome::unchanged);
        if (!is_unchanged) one->put = &put;
        ++(is_unchanged ? one->unchanged : one->times);
      }
    }
    if (told.empty()) return;
    heading("PUT ON THE BOARD");
    for (const Told& one : told) {
      const std::string name = one.put->image.substr(one.put->image.rfind('/') + 1);
      text_ += fmt::format("  {}  {}\n", inked(safe(one.boot->configuration), Ink::heading, style_),
                           cut_to(joined({one.put->medium, safe(name), safe(one.put->version)}), width() - 13, style_));
      paragraph(6, joined({how_often(one.times, one.put->outcome), how_often(one.unchanged, "unchanged"),
                           one.times > 0 ? plain_seconds(one.put->took, digits_) + " s" : "",
                           one.put->read_back.empty() ? "" : "read back",
                           fmt::format("sha256 {}", one.put->sha256.substr(0, 16))}));
    }
  }

  static std::string how_often(int times, std::string_view what) {
    if (times == 0) return "";
    return times == 1 ? std::string(what) : fmt::format("{} {} times", what, times);
  }

  void stages() {
    const std::string table = stage_table(run_, style_);
    if (!table.empty()) text_ += "\n" + table;
  }

  void silences() {
    auto found = gather(
        run_, &BootResult::silences, [](const Silence& each) { return std::tie(each.console, each.span, each.before); },
        [](const Silence& left, const Silence& right) { return left.length > right.length; });
    std::erase_if(found, [](const Finding<Silence>& each) { return each.what->length < shortest_silence; });
    std::sort(found.begin(), found.end(), [](const Finding<Silence>& left, const Finding<Silence>& right) {
      if (left.what->length != right.what->length) return left.what->length > right.what->length;
      return std::tie(left.boot->number, left.what->from) < std::tie(right.boot->number, right.what->from);
    });
    if (found.empty()) return;
    heading("LONGEST SILENCES");
    for (std::size_t i = 0; i < found.size() && i < most_silences; ++i) silence(found[i]);
  }

  void failures() {
    const auto found = gather(
        run_, &BootResult::failures,
        [](const FailureHit& each) { return std::tie(each.failure, each.console, each.text); },
        [](const FailureHit&, const FailureHit&) { return false; });
    if (found.empty()) return;
    heading("FAILURES SEEN ON THE CONSOLE");
    for (std::size_t i = 0; i < found.size() && i < most_failures; ++i) {
      const FailureHit& what = *found[i].what;
      const std::string place = joined({whose(found[i]), fmt::format("{} line {}", what.console, what.line),
                                        what.fatal ? "" : "does not end the boot"});
      text_ +=
          "  " + inked(safe(what.failure), what.fatal ? Ink::bad : Ink::doubtful, style_) + "  " + safe(place) + "\n";
      paragraph(6, what.text);
    }
    rest(found.size(), most_failures);
  }

  void boots() {
    std::vector<const BootResult*> found;
    for (const BootResult& boot : run_.boots) {
      if (boot.verdict != Verdict::pass) found.push_back(&boot);
    }
    if (found.empty()) return;
    heading("BOOTS THAT DID NOT PASS");
    for (std::size_t i = 0; i < found.size() && i < most_boots; ++i) boot(*found[i]);
    rest(found.size(), most_boots);
  }

  void limits() {
    if (run_.limits.empty()) return;
    heading("LIMITS");
    std::size_t id_width = 0;
    for (const LimitResult& each : run_.limits) id_width = std::max(id_width, display_width(safe(each.id)));
    id_width = std::min<std::size_t>(id_width, 20);
    for (const LimitResult& each : run_.limits) limit(each, id_width);
  }

  std::string last_line() {
    text_ += "\n";
    if (!run_.reason.empty()) {
      for (const std::string& line : wrapped(safe(run_.reason), width())) text_ += line + "\n";
    }
    text_ += inked(word_of(run_.verdict), ink_of(run_.verdict), style_);
    if (!run_.folder.empty()) text_ += "  " + safe(run_.folder);
    return text_ + "\n";
  }

 private:
  [[nodiscard]] std::size_t width() const { return static_cast<std::size_t>(std::max(style_.width, 40)); }
  [[nodiscard]] std::string safe(std::string_view bytes) const { return terminal_line(bytes, style_); }
  [[nodiscard]] std::string unequal() const { return style_.unicode ? "≠" : "!="; }
  [[nodiscard]] std::string dash() const { return style_.unicode ? "–" : "-"; }

  [[nodiscard]] std::string joined(const std::vector<std::string>& facts) const {
    std::string line;
    for (const std::string& fact : facts) {
      if (fact.empty()) continue;
      if (!line.empty()) line += style_.unicode ? " · " : ", ";
      line += safe(fact);
    }
    return line;
  }

  void heading(std::string_view words) { text_ += "\n  " + inked(words, Ink::heading, style_) + "\n"; }

  /// Words that must not be lost, broken over as many lines as they need.
  void paragraph(std::size_t indent, std::string_view words) {
    for (const std::string& line : wrapped(safe(words), width() - indent))
      text_ += std::string(indent, ' ') + line + "\n";
  }

  void rest(std::size_t all, std::size_t shown) {
    if (all > shown) text_ += inked(fmt::format("  and {} more", all - shown), Ink::faint, style_) + "\n";
  }

  /// One boot by its number, several by how many they are.
  template <class T>
  [[nodiscard]] std::string whose(const Finding<T>& finding) const {
    const std::string& configuration = finding.boot->configuration;
    const auto all = std::count_if(run_.boots.begin(), run_.boots.end(),
                                   [&](const BootResult& boot) { return boot.configuration == configuration; });
    if (all == 1) return configuration;
    if (finding.boots.size() == 1) return fmt::format("{} boot {}", configuration, finding.boot->number);
    return fmt::format("{}, {} of {} boots", configuration, finding.boots.size(), all);
  }

  /// How busy the harness's machine was, from the quietest boot to the busiest: "host 12..40 % busy".
  [[nodiscard]] std::string host_busy() const {
    std::vector<double> shares;
    for (const BootResult& boot : run_.boots) {
      if (!boot.host_load || boot.host_load->processors <= Nanos{}) continue;
      const Nanos used = boot.host_load->busy + boot.host_load->stolen;
      shares.push_back(100.0 * static_cast<double>(used.count()) /
                       static_cast<double>(boot.host_load->processors.count()));
    }
    if (shares.empty()) return "";
    const auto [least, most] = std::minmax_element(shares.begin(), shares.end());
    const std::string lower = fmt::format("{:.0f}", *least);
    const std::string upper = fmt::format("{:.0f}", *most);
    return lower == upper ? fmt::format("host {} % busy", upper) : fmt::format("host {}..{} % busy", lower, upper);
  }

  [[nodiscard]] Cell declared_cell(const Attribute* row) const {
    if (row == nullptr || row->declared.empty()) return {dash(), Cell::Align::left, Ink::faint, false};
    return {safe(row->declared)};
  }

  /// The sign stands in a place of its own, so that values line up.
  [[nodiscard]] Cell observed_cell(const Attribute* row) const {
    const std::string blank(display_width(unequal()) + 1, ' ');
    if (row == nullptr || row->observed.empty()) return {blank + dash(), Cell::Align::left, Ink::faint, false};
    if (!row->agrees) return {unequal() + " " + safe(row->observed), Cell::Align::left, Ink::bad};
    return {blank + safe(row->observed)};
  }

  [[nodiscard]] Cell observed_head() const {
    return {std::string(display_width(unequal()) + 1, ' ') + "observed", Cell::Align::left, Ink::faint, false};
  }

  [[nodiscard]] Table configurations_beside() const {
    Table table;
    std::vector<Cell> names{{"CONFIGURATION", Cell::Align::left, Ink::heading}};
    std::vector<Cell> heads{{""}};
    std::vector<std::string> attributes;
    for (const ConfigurationResult& each : run_.configurations) {
      names.insert(names.end(), {{safe(each.name), Cell::Align::left, Ink::heading}, {""}});
      heads.insert(heads.end(), {{"declared", Cell::Align::left, Ink::faint}, observed_head()});
      for (const Attribute& row : each.attributes) {
        if (std::find(attributes.begin(), attributes.end(), row.name) == attributes.end())
          attributes.push_back(row.name);
      }
    }
    table.add(names);
    table.add(heads);
    table.add_rule();
    for (const std::string& attribute : attributes) {
      std::vector<Cell> cells{{safe(attribute)}};
      for (const ConfigurationResult& each : run_.configurations) {
        const auto row = std::find_if(each.attributes.begin(), each.attributes.end(),
                                      [&](const Attribute& known) { return known.name == attribute; });
        const Attribute* found = row == each.attributes.end() ? nullptr : &*row;
        cells.insert(cells.end(), {declared_cell(found), observed_cell(found)});
      }
      table.add(cells);
    }
    return table;
  }

  /// The same where there is no room beside: one configuration under the other.
  [[nodiscard]] Table configurations_below() const {
    Table table;
    table.add({{"CONFIGURATION", Cell::Align::left, Ink::heading},
               {"declared", Cell::Align::left, Ink::faint},
               observed_head()});
    for (const ConfigurationResult& each : run_.configurations) {
      if (each.attributes.empty()) continue;
      table.add_rule();
      table.add({{safe(each.name), Cell::Align::left, Ink::heading}});
      for (const Attribute& row : each.attributes)
        table.add({{"  " + safe(row.name)}, declared_cell(&row), observed_cell(&row)});
    }
    return table;
  }

  void silence(const Finding<Silence>& finding) {
    const Silence& what = *finding.what;
    const std::string length = fmt::format("{:>9}", plain_seconds(what.length, digits_) + " s");
    const std::string place =
        joined({whose(finding), what.span,
                what.line_before > 0 ? fmt::format("{} line {}", what.console, what.line_before) : what.console});
    text_ += fmt::format("  {}  {}\n", inked(length, Ink::heading, style_), cut_to(place, width() - 13, style_));
    const auto line = [&](std::string_view label, std::string_view bytes) {
      text_ += fmt::format("             {}  {}\n", inked(label, Ink::faint, style_),
                           cut_to(bytes.empty() ? dash() : safe(bytes), width() - 20, style_));
    };
    line("after", what.before);
    line("until", what.after);
  }

  void boot(const BootResult& boot) {
    const std::string word = word_of(boot.verdict);
    const std::string who =
        joined({fmt::format("{} boot {}", boot.configuration, boot.number), boot.reason_type, boot.folder});
    text_ += fmt::format("  {}  {}\n", inked(word, ink_of(boot.verdict), style_),
                         cut_to(who, width() - word.size() - 4, style_));
    const bool repeated = std::any_of(boot.faults.begin(), boot.faults.end(), [&](const Fault& fault) {
      return fault.text().find(boot.reason) != std::string::npos;
    });
    if (!boot.reason.empty() && !repeated) paragraph(6, boot.reason);
    for (const Fault& fault : boot.faults) paragraph(6, fault.text());
  }

  [[nodiscard]] std::string value_of(const LimitResult& limit) const {
    const auto number = [&](double value) { return fmt::format("{:.{}f}", value, limit.unit.empty() ? 3 : digits_); };
    if (!limit.value || !std::isfinite(*limit.value)) return "not measured";
    std::string text = number(*limit.value) + (limit.unit.empty() ? "" : " " + limit.unit);
    if (limit.lower && limit.upper) text += fmt::format(" ({}..{})", number(*limit.lower), number(*limit.upper));
    return text + ", " + plural(static_cast<std::size_t>(std::max(limit.boots, 0)), "boot");
  }

  void limit(const LimitResult& limit, std::size_t id_width) {
    constexpr std::size_t word_width = 12;  // INCONCLUSIVE
    const std::string word = word_of(limit.verdict);
    const bool harmless = !limit.gate && limit.verdict != Verdict::pass;
    const Ink ink = harmless ? Ink::doubtful : ink_of(limit.verdict);
    const std::string id = cut_to(safe(limit.id), id_width, style_);
    const std::size_t indent = 2 + word_width + 2 + id_width + 2;
    const std::string that = limit.that + (limit.gate ? "" : "  (not a gate)");
    const std::string first = fmt::format("  {}{}  {}{}  ", inked(word, ink, style_),
                                          std::string(word_width - std::min(word_width, word.size()), ' '), id,
                                          std::string(id_width - display_width(id), ' '));
    const std::vector<std::string> lines = wrapped(safe(that), width() - indent);
    text_ += first + lines.front() + "\n";
    for (std::size_t i = 1; i < lines.size(); ++i) text_ += std::string(indent, ' ') + lines[i] + "\n";
    paragraph(indent, limit.detail.empty() ? value_of(limit) : limit.detail);
  }

  const RunResult& run_;
  const TerminalStyle& style_;
  int digits_;
  std::string text_;
};

}  // namespace

std::string terminal_report(const RunResult& run, const TerminalStyle& style) {
  Page page(run, style);
  page.title();
  page.configurations();
  page.images();
  page.stages();
  page.silences();
  page.failures();
  page.boots();
  page.limits();
  return page.last_line();
}

}  // namespace coldboot
