#include "harness/scenario/explain.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/text.hpp"
#include "harness/core/units.hpp"
#include "harness/scenario/longest.hpp"

namespace coldboot {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// Characters, not bytes, so that columns line up in any language.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// Rows as aligned columns, indented, without trailing blanks.
std::string aligned(const Rows& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line = " ";
    for (std::size_t i = 0; i < row.size(); ++i)
      line += " " + row[i] + std::string(widths[i] - width_of(row[i]) + 1, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string count(std::size_t number, std::string_view thing) {
  return fmt::format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

/// "5 min 20 s": the two largest units, for a glance.
std::string rough(Nanos duration) {
  const auto whole = std::chrono::ceil<std::chrono::seconds>(duration).count();
  if (whole >= 3600) return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
  if (whole >= 60) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} s", whole);
}

std::string head(const Scenario& scenario) {
  std::string text = scenario.name;
  if (!scenario.title.empty() && scenario.title != scenario.name) text += ": " + scenario.title;
  if (!scenario.requirement.empty()) text += fmt::format(" ({})", scenario.requirement);
  return text + "\n";
}

std::string power_text(const PowerEntry& power) {
  const bool clean = power.safe.state == SafeState::off_clean;
  return fmt::format("{}, off for at least {}, left off {}", power.device.driver, duration_text(power.off_min),
                     clean ? "after a clean shutdown" : "by cutting power");
}

std::string bench_text(const BenchFile& bench) {
  Rows rows = {{"power", power_text(bench.power)}};
  for (const ConsoleEntry& console : bench.consoles) {
    const std::string line = console.line ? " at " + console.line->text() : std::string();
    rows.push_back({"console " + console.name, console.device.driver + line});
  }
  for (const auto& [name, medium] : bench.media) rows.push_back({"medium " + name, medium.driver});
  if (bench.flash) {
    const auto& golden = bench.flash->golden;
    rows.push_back({"flash", fmt::format("{}, {}{}", bench.flash->device.driver, size_text(bench.flash->size_bytes),
                                         golden ? ", golden " + golden->file.filename().string() : "")});
  }
  const std::string pace = bench.pace == Pace::replay ? ", in virtual time" : "";
  return fmt::format("\nbench {}{}\n{}", bench.name, pace, aligned(rows));
}

std::string configurations_text(const Scenario& scenario) {
  const std::size_t configurations = scenario.configurations.size();
  const auto boots = static_cast<std::size_t>(scenario.boots);
  std::string text = "\n" + count(configurations, "configuration") + ", " + count(boots, "boot");
  if (configurations > 1) text += fmt::format(" of each, {} in all", configurations * boots);
  text += "\n";
  Rows rows;
  for (const Configuration& configuration : scenario.configurations) {
    std::vector<std::string> images;
    for (const auto& [medium, image] : configuration.boot) {
      images.push_back(fmt::format("{}: {}", medium, image.filename().string()));
    }
    const std::string title = configuration.title == configuration.name ? "" : configuration.title;
    rows.push_back(
        {configuration.name, "profile " + configuration.profile, fmt::format("{}", fmt::join(images, ", ")), title});
  }
  text += aligned(rows);
  if (!scenario.must_match.empty()) text += fmt::format("  must agree in {}\n", fmt::join(scenario.must_match, ", "));
  if (scenario.order == BootOrder::blocks) text += "  all boots of one, then of the next\n";
  if (scenario.bench_retries > 0) {
    text += fmt::format("  up to {} lost to the bench made up for\n",
                        count(static_cast<std::size_t>(scenario.bench_retries), "boot"));
  }
  return text;
}

std::vector<std::string> step_lines(const Configuration& configuration) {
  std::vector<std::string> lines;
  for (const Step& step : configuration.steps) {
    if (step.only_for.empty() || step.only_for == configuration.name) lines.push_back(describe(step));
  }
  return lines;
}

/// The steps of a boot; told once for configurations that do the same.
std::string steps_text(const Scenario& scenario) {
  std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> groups;  // names, lines
  for (const Configuration& configuration : scenario.configurations) {
    const std::vector<std::string> lines = step_lines(configuration);
    const auto same =
        std::find_if(groups.begin(), groups.end(), [&](const auto& group) { return group.second == lines; });
    if (same == groups.end()) {
      groups.push_back({{configuration.name}, lines});
    } else {
      same->first.push_back(configuration.name);
    }
  }
  std::string text;
  for (const auto& [names, lines] : groups) {
    text += groups.size() == 1 ? "\neach boot\n" : fmt::format("\neach boot of {}\n", fmt::join(names, " and "));
    Rows rows;
    for (const std::string& line : lines) rows.push_back({fmt::format("{}.", rows.size() + 1), line});
    text += aligned(rows);
  }
  return text;
}

std::string length_text(const Scenario& scenario, const BenchFile* bench) {
  return fmt::format("  done after {} at the latest, were every deadline used up\n", rough(longest(scenario, bench)));
}

std::string measured_text(const Scenario& scenario) {
  Rows rows;
  for (const MeasurePlan& measure : scenario.measure) {
    const std::string only = measure.on.empty() ? "" : measure.on + " only";
    rows.push_back({measure.name, fmt::format("{} → {}", measure.from, measure.to), only});
  }
  std::set<std::string> told;
  for (const Configuration& configuration : scenario.configurations) {
    for (const SpanPlan& span : configuration.plan.spans) {
      if (told.insert(span.name).second) rows.push_back({span.name, fmt::format("{} → {}", span.from, span.to)});
    }
  }
  return rows.empty() ? std::string() : "\nmeasured\n" + aligned(rows);
}

std::string limits_text(const Scenario& scenario) {
  if (scenario.limits.empty()) return "\nno limits: times are told and not judged\n";
  Rows rows;
  for (const LimitPlan& limit : scenario.limits) {
    rows.push_back(
        {printable_line(limit.id, 40), printable_line(limit.that, 100), limit.gate ? "" : "told, not judged"});
  }
  return "\nlimits\n" + aligned(rows);
}

}  // namespace

std::string explain(const Scenario& scenario, const BenchFile* bench) {
  std::string text = head(scenario);
  if (bench != nullptr) {
    text += bench_text(*bench);
  } else if (!scenario.bench.empty()) {
    text += fmt::format("\nbench {}\n", scenario.bench);
  }
  text += configurations_text(scenario);
  text += steps_text(scenario);
  text += length_text(scenario, bench);
  text += measured_text(scenario);
  return text + limits_text(scenario);
}

}  // namespace coldboot
