#include "harness/cli/marker_table.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/core/units.hpp"

namespace coldboot {
namespace {

struct Row {
  std::size_t line = 0;
  Instant at{};
  Instant not_before{};
  bool stamped = true;
  bool failure = false;
  std::string name;
  std::string text;
};

std::vector<Row> rows_of(const BootResult& boot) {
  std::vector<Row> rows;
  for (const MarkerHit& hit : boot.markers)
    rows.push_back({hit.line, hit.at, hit.not_before, hit.stamped, false, hit.marker, hit.text});
  for (const FailureHit& hit : boot.failures) {
    rows.push_back({hit.line, hit.at, hit.at, hit.at != Instant::max(), true, "! " + hit.failure, hit.text});
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.line != 0 && b.line != 0 && a.line < b.line; });
  return rows;
}

std::string time_text(const Row& row, Instant origin) {
  if (row.stamped) return seconds_text(row.at - origin, 3);
  if (row.at == Instant::max()) return "—";
  return fmt::format("{:.3f} … {}", seconds(row.not_before - origin), seconds_text(row.at - origin, 3));
}

}  // namespace

std::string marker_table(const BootResult& boot, Instant origin, const std::string& from) {
  constexpr std::size_t text_width = 60;
  for (const MarkerHit& hit : boot.markers) {
    if (hit.marker == from && hit.stamped) {
      origin = hit.at;
      break;
    }
  }
  std::string table =
      fmt::format("  {:>6}  {:>24}  {:>12}  {:<18}  {}\n", "line", "time", "since above", "marker", "text");
  std::optional<Instant> above;
  for (const Row& row : rows_of(boot)) {
    const std::string since = row.stamped && !row.failure && above ? seconds_text(row.at - *above, 3) : "";
    const std::string line = row.line == 0 ? "" : fmt::format("{}", row.line);
    const std::string text = printable_line(row.text, text_width);
    const std::string cells =
        fmt::format("  {:>6}  {:>24}  {:>12}  {:<18}  {}", line, time_text(row, origin), since, row.name, text);
    table += cells.substr(0, cells.find_last_not_of(' ') + 1) + "\n";
    if (row.stamped && !row.failure) above = row.at;
  }
  return table;
}

}  // namespace coldboot
