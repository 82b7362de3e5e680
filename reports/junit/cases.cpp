#include "reports/junit/cases.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "reports/plain/report_text.hpp"

namespace coldboot::junit {
namespace {

using Boots = std::vector<const BootResult*>;

constexpr std::size_t most_attachments = 20;  // boots; a night of 500 failures needs no 500 lines in one case

/// `bytes` as one line, or `otherwise` where nothing of them can be seen.
std::string line_or(std::string_view bytes, std::string_view otherwise) {
  const std::string line = report_line(bytes);
  return line.empty() ? report_line(otherwise) : line;
}

/// A short stable token: small letters, digits and single dashes between them.
std::string token(std::string_view text, std::string_view otherwise) {
  std::string clean;
  for (const char c : text.substr(0, 60)) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (kept) {
      clean += c;
    } else if (!clean.empty() && clean.back() != '-') {
      clean += '-';
    }
  }
  while (!clean.empty() && clean.back() == '-') clean.pop_back();
  return clean.empty() ? std::string(otherwise) : clean;
}

std::string dotted(std::string_view bench, std::string_view area) {
  return bench.empty() ? line_or(area, "unnamed") : fmt::format("{}.{}", report_line(bench), line_or(area, "unnamed"));
}

/// "81.900", ">600.000" where the deadline came first, "-" where there is no value.
std::string sample_text(const SpanTime& span) {
  if (!span.duration) return "-";
  return (span.censored ? ">" : "") + decimal_seconds(milliseconds_of(*span.duration));
}

bool has_value(const SpanTime& span) {
  return span.duration && !span.censored;
}

const SpanTime* find(const std::vector<SpanTime>& spans, std::string_view name) {
  const auto found = std::find_if(spans.begin(), spans.end(), [&](const SpanTime& span) { return span.name == name; });
  return found == spans.end() ? nullptr : &*found;
}

Boots boots_of(const RunResult& run, const ConfigurationResult& configuration) {
  Boots boots;
  for (const BootResult& boot : run.boots) {
    if (boot.configuration == configuration.name && boot.bench == configuration.bench) boots.push_back(&boot);
  }
  return boots;
}

/// Boots that decide. One that came out worse than its configuration was forgiven by the retry budget.
Boots counting(const Boots& boots, const ConfigurationResult& configuration) {
  Boots kept;
  std::copy_if(boots.begin(), boots.end(), std::back_inserter(kept),
               [&](const BootResult* boot) { return boot->verdict <= configuration.verdict; });
  return kept;
}

Boots not_passed(const Boots& boots) {
  Boots kept;
  std::copy_if(boots.begin(), boots.end(), std::back_inserter(kept),
               [](const BootResult* boot) { return boot->verdict > Verdict::pass; });
  return kept;
}

std::string boot_reason(const BootResult& boot) {
  return fmt::format("boot {}: {}: {}", boot.number, name_of(boot.verdict), line_or(boot.reason, "no reason recorded"));
}

/// What one boot has to say about why it did not pass.
std::string boot_detail(const BootResult& boot) {
  std::string detail = boot_reason(boot) + "\n";
  for (const FailureHit& failure : boot.failures) {
    detail += fmt::format("  {} line {}: {}: {} (raw bytes {} to {})\n", report_line(failure.console), failure.line,
                          report_line(failure.failure), report_line(failure.text), failure.begin, failure.end);
  }
  for (const Fault& fault : boot.faults) detail += fmt::format("  {}\n", report_line(fault.text()));
  return detail;
}

/// A path an attachment line may carry: relative, forward slashes, nothing that ends the line's own brackets.
bool is_safe_path(std::string_view path) {
  return !path.empty() && path.front() != '/' && path.find("]]") == std::string_view::npos &&
         path.find("..") == std::string_view::npos && path.find('\\') == std::string_view::npos &&
         report_line(path, path.size()) == path;
}

std::string attachments(const Boots& boots) {
  std::string lines;
  for (std::size_t i = 0; i < boots.size() && i < most_attachments; ++i) {
    for (const auto& [console, bytes] : boots[i]->console_bytes) {
      const std::string path = fmt::format("{}/console-{}.raw", boots[i]->folder, console);
      if (bytes == 0 || boots[i]->folder.empty() || !is_safe_path(path)) continue;
      lines += fmt::format("[[ATTACHMENT|{}]]\n", path);
    }
  }
  return lines;
}

/// The DUT must not name files of ours: its own "[[ATTACHMENT|" or "[[PROPERTY|" is shown, but is none.
std::string without_directives(std::string text) {
  for (std::size_t at = text.find("[["); at != std::string::npos; at = text.find("[[", at + 1)) {
    const bool directive = text.compare(at, 13, "[[ATTACHMENT|") == 0 || text.compare(at, 11, "[[PROPERTY|") == 0;
    if (directive) text.replace(at + 1, 1, "\\x5b");
  }
  return text;
}

/// The files of all `boots`, and the console of the first, bounded.
std::string evidence(const Boots& boots) {
  if (boots.empty()) return {};
  const std::string console = without_directives(excerpt(report_text(boots.front()->tail)));
  if (console.empty()) return attachments(boots);
  return fmt::format("{}console of boot {}:\n{}{}", attachments(boots), boots.front()->number, console,
                     console.back() == '\n' ? "" : "\n");
}

/// Says it on one line where one boot is to blame, and how many where several are.
std::string blame(const Boots& blamed, std::size_t of) {
  const std::string first = boot_reason(*blamed.front());
  return of == 1 ? line_or(blamed.front()->reason, name_of(blamed.front()->verdict))
                 : fmt::format("{} of {} boots did not pass; {}", blamed.size(), of, first);
}

const BootResult& worst_of(const Boots& boots) {
  return **std::max_element(boots.begin(), boots.end(), [](const BootResult* left, const BootResult* right) {
    return left->verdict < right->verdict;
  });
}

Case boots_case(const std::string& classname, const Boots& all, const Boots& boots) {
  Case result{.classname = classname, .name = "boots"};
  if (boots.empty()) {
    result.verdict = Verdict::skipped;
    result.message = all.empty() ? "no boot of this configuration was started" : "no boot of this configuration counts";
    return result;
  }
  const BootResult& worst = worst_of(boots);
  result.verdict = worst.verdict;
  const Boots blamed = not_passed(boots);
  if (blamed.empty()) {
    if (worst.verdict == Verdict::skipped) result.message = line_or(worst.reason, "no boot of this configuration ran");
    return result;
  }
  result.type =
      worst.verdict == Verdict::inconclusive ? "inconclusive" : token(worst.reason_type, name_of(worst.verdict));
  result.message = blame(blamed, boots.size());
  for (const BootResult* boot : blamed) result.detail += boot_detail(*boot);
  result.output = evidence(blamed);
  return result;
}

/// One step over all boots of a configuration, recognised by its place and its words.
struct StepOverBoots {
  int index = 0;
  std::string what;
  std::vector<std::pair<const BootResult*, const StepOutcome*>> outcomes;
};

std::vector<StepOverBoots> steps_over(const Boots& boots) {
  std::vector<StepOverBoots> steps;
  for (const BootResult* boot : boots) {
    for (const StepOutcome& outcome : boot->steps) {
      auto step = std::find_if(steps.begin(), steps.end(), [&](const StepOverBoots& known) {
        return known.index == outcome.index && known.what == outcome.what;
      });
      if (step == steps.end()) step = steps.insert(steps.end(), {outcome.index, outcome.what, {}});
      step->outcomes.emplace_back(boot, &outcome);
    }
  }
  std::sort(steps.begin(), steps.end(), [](const StepOverBoots& left, const StepOverBoots& right) {
    return std::tie(left.index, left.what) < std::tie(right.index, right.what);
  });
  return steps;
}

Case step_case(const std::string& classname, const StepOverBoots& step) {
  Case result{.classname = classname, .name = line_or(step.what, "step"), .verdict = Verdict::skipped};
  Boots blamed;
  const StepOutcome* worst = nullptr;
  Nanos took{};
  for (const auto& [boot, outcome] : step.outcomes) {
    took += outcome->took;
    if (worst == nullptr || outcome->verdict > worst->verdict) worst = outcome;
    if (outcome->verdict <= Verdict::pass) continue;
    blamed.push_back(boot);
    result.detail +=
        fmt::format("boot {}: {}: {}\n", boot->number, name_of(outcome->verdict), report_line(outcome->fault.text()));
  }
  result.verdict = worst->verdict;
  result.milliseconds = milliseconds_of(took);
  if (worst->verdict == Verdict::skipped)
    result.message = line_or(worst->fault.text(), "an earlier step ended the boot");
  if (worst->verdict <= Verdict::pass) return result;
  result.type = worst->verdict == Verdict::inconclusive ? "inconclusive" : std::string(name_of(worst->fault.cause()));
  result.message = line_or(worst->fault.text(), name_of(worst->verdict));
  result.output = evidence(blamed);
  return result;
}

/// What a boot without a value says about the measurement: the DUT did not get there, or we did not see it.
Verdict verdict_without_value(const BootResult& boot) {
  return boot.verdict == Verdict::fail || boot.verdict == Verdict::aborted ? boot.verdict : Verdict::error;
}

std::string figures(const Summary& summary, const std::string& samples) {
  if (!summary.median) return fmt::format("no value in {} boots; samples in s: {}\n", summary.boots, samples);
  const auto text = [](const std::optional<Nanos>& time) {
    return decimal_seconds(milliseconds_of(time.value_or(Nanos{})));
  };
  return fmt::format("median {} s, lowest {} s, highest {} s, uncertainty +-{} s, {} of {} boots; samples in s: {}\n",
                     text(summary.median), text(summary.lowest), text(summary.highest), text(summary.uncertainty),
                     summary.seen, summary.boots, samples);
}

std::string samples_of(const Boots& boots, std::vector<SpanTime> BootResult::* spans, std::string_view name) {
  std::string samples;
  for (const BootResult* boot : boots) {
    const SpanTime* span = find(boot->*spans, name);
    if (span != nullptr) samples += (samples.empty() ? "" : " ") + sample_text(*span);
  }
  return samples.empty() ? "-" : samples;
}

Case measurement_case(const std::string& classname, const Summary& summary, const Boots& boots) {
  Case result{.classname = classname, .name = line_or(summary.name, "measurement"), .verdict = Verdict::skipped};
  result.output = figures(summary, samples_of(boots, &BootResult::measurements, summary.name));
  Boots blamed;
  for (const BootResult* boot : boots) {
    const SpanTime* span = find(boot->measurements, summary.name);
    if (span == nullptr) continue;
    const Verdict verdict = has_value(*span) ? Verdict::pass : verdict_without_value(*boot);
    if (verdict > result.verdict && verdict > Verdict::pass)
      result.type = verdict == Verdict::fail ? "not-reached" : "not-measured";
    result.verdict = std::max(result.verdict, verdict);
    if (verdict == Verdict::pass) continue;
    blamed.push_back(boot);
    result.detail += fmt::format("boot {}: {} ({} to {}): {}{}\n", boot->number, sample_text(*span),
                                 report_line(span->from), report_line(span->to),
                                 span->missing.empty() ? "no value" : "not seen: ", report_line(span->missing));
  }
  if (result.verdict == Verdict::skipped) result.message = "no boot that counts has this measurement";
  if (blamed.empty()) return result;
  result.message = fmt::format("{}: no value in {} of {} boots; {}", result.name, blamed.size(), boots.size(),
                               boot_reason(*blamed.front()));
  result.output += attachments(blamed);
  return result;
}

std::string number_text(const std::optional<double>& value, std::string_view unit) {
  if (!value || !std::isfinite(*value)) return "-";
  return fmt::format("{:.3f}{}{}", *value, unit.empty() ? "" : " ", report_line(unit));
}

/// A limit that is no gate cannot fail the run, so it may not turn its case red: it is shown as skipped, with its
/// verdict.
Case limit_case(const std::string& classname, const LimitResult& limit) {
  Case result{.classname = classname, .name = line_or(limit.id, "limit"), .verdict = limit.verdict};
  const std::string value = number_text(limit.value, limit.unit);
  result.output = fmt::format("{}\nvalue {}, interval {} to {}, {} boots\n", report_line(limit.that), value,
                              number_text(limit.lower, limit.unit), number_text(limit.upper, limit.unit), limit.boots);
  if (limit.verdict == Verdict::pass) return result;
  result.message =
      fmt::format("{}: {}: {}", name_of(limit.verdict), report_line(limit.that), line_or(limit.detail, value));
  if (!limit.gate && limit.verdict != Verdict::skipped) {
    result.verdict = Verdict::skipped;
    result.message = "not a gate; " + result.message;
  }
  switch (limit.verdict) {
    case Verdict::fail: result.type = "limit"; break;
    case Verdict::inconclusive: result.type = "inconclusive"; break;
    default: result.type = "not-measured"; break;
  }
  return result;
}

Case configuration_case(const std::string& classname, const ConfigurationResult& configuration) {
  Case result{.classname = classname, .name = "configuration"};
  for (const Attribute& row : configuration.attributes) {
    const std::string line = fmt::format("{}: declared {}, observed {}", report_line(row.name),
                                         line_or(row.declared, "-"), line_or(row.observed, "-"));
    result.output += line + "\n";
    if (row.agrees) continue;
    result.verdict = Verdict::error;
    result.type = "configuration";
    result.message += (result.message.empty() ? "" : "; ") + line;
  }
  if (configuration.attributes.empty()) {
    result.verdict = Verdict::skipped;
    result.message = "nothing is declared and nothing was observed";
  }
  return result;
}

std::vector<Case> cases_of(const RunResult& run, const ConfigurationResult& configuration) {
  const std::string classname = dotted(configuration.bench, configuration.name);
  const Boots all = boots_of(run, configuration);
  const Boots boots = counting(all, configuration);
  std::vector<Case> cases{configuration_case(classname, configuration), boots_case(classname, all, boots)};
  for (const StepOverBoots& step : steps_over(boots)) cases.push_back(step_case(classname, step));
  for (const Summary& summary : configuration.measurements)
    cases.push_back(measurement_case(classname, summary, boots));
  return cases;
}

using Properties = std::vector<std::pair<std::string, std::string>>;

void add(Properties& properties, std::string_view name, std::string_view value) {
  constexpr std::size_t most = std::size_t{64} << 10U;  // a list of thousands of samples; readers hold more
  properties.emplace_back(report_line(name), report_line(value, most));
}

void add_summaries(Properties& properties, const ConfigurationResult& configuration, const Boots& boots,
                   std::string_view kind, const std::vector<Summary>& summaries,
                   std::vector<SpanTime> BootResult::* spans) {
  for (const Summary& summary : summaries) {
    const std::string name = fmt::format("{}.{}.{}", configuration.name, kind, summary.name);
    add(properties, name + ".median-s", summary.median ? decimal_seconds(milliseconds_of(*summary.median)) : "-");
    add(properties, name + ".samples-s", samples_of(boots, spans, summary.name));
  }
}

/// What its boots ran on: of each medium, the image that was put there last. A golden image that was put back after a
/// boot stands beside it.
void add_images(Properties& properties, const ConfigurationResult& configuration, const Boots& boots) {
  std::map<std::string, const ImagePut*> last;
  std::map<std::string, const ImagePut*> restored;
  std::string first_boots;
  for (const BootResult* boot : boots) {
    for (const ImagePut& put : boot->images) {
      const bool is_for_safety = put.outcome == name_of(ChipOutcome::restored) && !put.ran;
      (is_for_safety ? restored : last)[put.medium] = &put;
    }
    const bool is_first =
        std::ranges::any_of(boot->images, [](const ImagePut& put) { return put.outcome != "unchanged"; });
    if (is_first) first_boots += fmt::format("{}{}", first_boots.empty() ? "" : " ", boot->number);
  }
  if (!first_boots.empty()) add(properties, configuration.name + ".boots-after-media", first_boots);
  for (const auto& [medium, put] : last) {
    const auto told = [&, &name = medium](std::string_view what, std::string_view value) {
      if (!value.empty()) add(properties, fmt::format("{}.{}.{}", configuration.name, name, what), value);
    };
    told("image", put->image);
    told("sha256", put->sha256);
    told("version", put->version);
    told("chip", put->chip);
    told("programmer", put->programmer);
    told("outcome", put->outcome);
    told("read-back", put->read_back);
    told("took-s", decimal_seconds(milliseconds_of(put->took)));
  }
  for (const auto& [medium, put] : restored) {
    add(properties, fmt::format("{}.{}.restored", configuration.name, medium), put->image);
    add(properties, fmt::format("{}.{}.restored-sha256", configuration.name, medium), put->sha256);
  }
}

void add_configuration(Properties& properties, const RunResult& run, const ConfigurationResult& configuration) {
  const Boots all = boots_of(run, configuration);
  const Boots boots = counting(all, configuration);
  const auto named = [&](std::string_view name) { return fmt::format("{}.{}", configuration.name, name); };
  add(properties, named("bench"), configuration.bench);
  add(properties, named("profile"), configuration.profile);
  add(properties, named("boots"), fmt::format("{}", all.size()));
  add(properties, named("boots-forgiven"), fmt::format("{}", all.size() - boots.size()));
  std::string why;
  for (const BootResult* boot : all) {
    if (boot->verdict > configuration.verdict) why += (why.empty() ? "" : "; ") + boot_reason(*boot);
  }
  if (!why.empty()) add(properties, named("boots-forgiven-why"), why);
  for (const Ending ending : {Ending::clean, Ending::cut}) {
    const auto after = std::ranges::count(all, ending, &BootResult::after);
    if (after > 0)
      add(properties, fmt::format("{}.boots-after-{}", configuration.name, name_of(ending)), fmt::format("{}", after));
  }
  for (const Attribute& row : configuration.attributes) {
    add(properties, named("declared.") + row.name, row.declared);
    add(properties, named("observed.") + row.name, row.observed);
  }
  add_images(properties, configuration, all);
  add_summaries(properties, configuration, boots, "measurement", configuration.measurements, &BootResult::measurements);
  add_summaries(properties, configuration, boots, "span", configuration.spans, &BootResult::spans);
}

std::string_view folder_name(std::string_view folder) {
  while (!folder.empty() && folder.back() == '/') folder.remove_suffix(1);
  const std::size_t slash = folder.rfind('/');
  return slash == std::string_view::npos ? folder : folder.substr(slash + 1);
}

Properties properties_of(const RunResult& run) {
  Properties properties;
  add(properties, "scenario", run.scenario);
  add(properties, "title", run.title);
  add(properties, "requirement", run.requirement);
  add(properties, "run", folder_name(run.folder));
  add(properties, "host", run.host);
  add(properties, "coldboot", run.version);
  add(properties, "verdict", name_of(run.verdict));
  add(properties, "reason", run.reason);
  return properties;
}

/// `YYYY-MM-DDThh:mm:ssZ` as it stands, or nothing: a wrong time stamp is worse than none.
std::string timestamp_of(std::string_view text) {
  constexpr std::string_view shape = "0000-00-00T00:00:00Z";
  if (text.size() != shape.size()) return {};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == '0' ? !digit : text[i] != shape[i]) return {};
  }
  return std::string(text);
}

std::vector<std::string> benches_of(const RunResult& run) {
  std::vector<std::string> benches;
  for (const ConfigurationResult& configuration : run.configurations) {
    if (std::find(benches.begin(), benches.end(), configuration.bench) == benches.end())
      benches.push_back(configuration.bench);
  }
  if (benches.empty()) benches.emplace_back();
  return benches;
}

bool anything_ran(const RunResult& run) {
  return std::any_of(run.boots.begin(), run.boots.end(),
                     [](const BootResult& boot) { return boot.verdict != Verdict::skipped; });
}

bool explains(const Case& candidate, Verdict verdict) {
  const Outcome shown = outcome_of(candidate.verdict);
  if (outcome_of(verdict) == Outcome::error) return shown == Outcome::error;
  return shown == Outcome::error || shown == Outcome::failure;
}

/// The run by itself: red when it was aborted, when nothing ran, or when it did not pass and no other case says so.
Case run_case(const RunResult& run, const std::string& classname, const std::vector<Suite>& suites) {
  Case result{.classname = classname, .name = "run"};
  if (!anything_ran(run) && run.verdict != Verdict::aborted) {
    result.verdict = Verdict::error;
    result.type = "nothing-ran";
    result.message = "nothing ran: no boot was started" + (run.reason.empty() ? "" : "; " + report_line(run.reason));
    return result;
  }
  if (run.verdict == Verdict::pass) return result;
  const bool explained = std::any_of(suites.begin(), suites.end(), [&](const Suite& suite) {
    return std::any_of(suite.cases.begin(), suite.cases.end(),
                       [&](const Case& each) { return explains(each, run.verdict); });
  });
  if (explained && run.verdict != Verdict::aborted) return result;
  result.verdict = run.verdict;
  result.type = run.verdict == Verdict::skipped ? "" : std::string(name_of(run.verdict));
  result.message = line_or(run.reason, fmt::format("the run came to {}", name_of(run.verdict)));
  return result;
}

/// Times of all cases add up to those of their suite, so readers that recount and readers that believe agree. What no
/// step accounts for (opening devices, media, judging) is the run's own.
void give_the_rest_to(Case& run_itself, const RunResult& run, const std::vector<Suite>& suites) {
  std::int64_t rest = milliseconds_of(run.took);
  for (const Suite& suite : suites) {
    for (const Case& each : suite.cases) rest -= each.milliseconds;
  }
  run_itself.milliseconds = std::max<std::int64_t>(rest, 0);
}

/// Gives the second of two equal names its occurrence: "power-cycle (2)". Order is that of the scenario, so it is
/// stable.
void make_unique(std::vector<Suite>& suites) {
  std::set<std::pair<std::string, std::string>> taken;
  for (Suite& suite : suites) {
    for (Case& each : suite.cases) {
      const std::string name = each.name;
      for (int occurrence = 2; !taken.emplace(each.classname, each.name).second; ++occurrence) {
        each.name = fmt::format("{} ({})", name, occurrence);
      }
    }
  }
}

}  // namespace

Outcome outcome_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return Outcome::passed;
    case Verdict::skipped: return Outcome::skipped;
    case Verdict::fail:
    case Verdict::inconclusive: return Outcome::failure;
    case Verdict::error:
    case Verdict::aborted: return Outcome::error;
  }
  return Outcome::error;
}

std::int64_t milliseconds_of(Nanos duration) {
  if (duration.count() <= 0) return 0;
  // Not std::chrono::round, which overflows near the longest duration.
  return duration.count() / 1'000'000 + (duration.count() % 1'000'000 >= 500'000 ? 1 : 0);
}

std::string decimal_seconds(std::int64_t milliseconds) {
  char digits[40];
  const auto [end, failed] = std::to_chars(std::begin(digits), std::end(digits),
                                           static_cast<double>(milliseconds) / 1000, std::chars_format::fixed, 3);
  return failed == std::errc{} ? std::string(std::begin(digits), end) : "0.000";
}

std::vector<Suite> suites_of(const RunResult& run) {
  std::vector<Suite> suites;
  const std::string scenario = line_or(run.scenario, "unnamed");
  const std::vector<std::string> benches = benches_of(run);
  for (const std::string& bench : benches) {
    Suite suite{.name = benches.size() == 1 ? scenario : fmt::format("{} on {}", scenario, report_line(bench)),
                .timestamp = timestamp_of(run.started_utc),
                .properties = properties_of(run),
                .cases = {}};
    for (const ConfigurationResult& configuration : run.configurations) {
      if (configuration.bench != bench) continue;
      add_configuration(suite.properties, run, configuration);
      for (Case& each : cases_of(run, configuration)) suite.cases.push_back(std::move(each));
    }
    suites.push_back(std::move(suite));
  }
  const std::string of_the_run = dotted(benches.front(), scenario);
  for (const LimitResult& limit : run.limits) suites.front().cases.push_back(limit_case(of_the_run, limit));
  Case run_itself = run_case(run, of_the_run, suites);
  give_the_rest_to(run_itself, run, suites);
  suites.front().cases.push_back(std::move(run_itself));
  make_unique(suites);
  return suites;
}

}  // namespace coldboot::junit
