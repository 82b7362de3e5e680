#include "harness/scenario/read_profile.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/console/pattern_set.hpp"
#include "harness/core/text.hpp"
#include "harness/file/document.hpp"
#include "harness/scenario/plan_check.hpp"

namespace coldboot {
namespace {

using keys::Entry;
using keys::Placed;
using Name = Placed<std::string>;
using Folders = std::vector<std::filesystem::path>;

struct MarkerDraft {
  std::string match;
  std::string sent;
  std::string console;
  std::optional<Name> after;
  std::optional<Nanos> twice_within;
  std::optional<Placed<Nanos>> quiet;
};

struct SpanDraft {
  Name from;
  Name to;
  std::string title;
};

struct FailureDraft {
  std::string failure;
  std::string match;
  std::optional<Name> repeats;
  std::optional<Nanos> silent_for;
  std::string console;
  std::optional<Name> after;
  std::optional<Name> before;
  bool fatal = true;
};

struct ShutdownDraft {
  Name at;
  std::string send;
  std::string done;
  Nanos within{};
};

struct ProfileDraft {
  std::string name;
  std::string title;
  std::vector<Name> include;
  std::string console;
  std::vector<Entry<MarkerDraft>> markers;
  std::vector<Entry<SpanDraft>> spans;
  std::vector<FailureDraft> failures;
  std::optional<ShutdownDraft> shutdown;
  std::vector<Entry<Name>> observe;
};

keys::Type<std::string> pattern(std::string example) {
  return keys::checked<std::string>(keys::text(std::move(example)),
                                    "a regular expression (PCRE2), matched within one line",
                                    [](const std::string& text) { return check_pattern(text); });
}

keys::Type<Name> marker_name(std::string example) {
  return keys::placed(keys::name(std::move(example)));
}

keys::Type<MarkerDraft> marker_type() {
  return keys::object<MarkerDraft>("marker", "Console text that fixes an instant: the arrival of its last byte.")
      .optional("match", &MarkerDraft::match, pattern("'SeaBIOS \\(version'"),
                "The text; named captures can be observed.")
      .optional("sent", &MarkerDraft::sent, keys::typed_text("'xl create pfsense.cfg'"),
                "Instead: the instant at which we had typed this text.")
      .exactly_one({"match", "sent"})
      .optional("console", &MarkerDraft::console, keys::name("com1"), "Console it appears on.", "the profile's console")
      .optional("after", &MarkerDraft::after, marker_name("kernel"), "Counts only after this marker was seen.")
      .optional("twice-within", &MarkerDraft::twice_within, keys::time_limit("10 s"),
                "Again within this time it is the same sign of life and no new boot.")
      .optional(
          "quiet", &MarkerDraft::quiet, keys::placed(keys::time_limit("200 ms")),
          "A prompt: counts when nothing follows for this long, not even the echo of what we type; blanks and what "
          "shows nothing do not count.");
}

keys::Type<SpanDraft> span_type() {
  return keys::object<SpanDraft>("span",
                                 "The time from one marker to another. `power-on`, `first-byte` and `last-byte` are "
                                 "markers of every boot.")
      .required("from", &SpanDraft::from, marker_name("power-on"), "Marker at which it begins.")
      .required("to", &SpanDraft::to, marker_name("menu"), "Marker at which it ends.")
      .optional("title", &SpanDraft::title, keys::text("Loader"), "What reports call it.", "its name");
}

keys::Type<FailureDraft> failure_type() {
  return keys::object<FailureDraft>("failure", "A sign that the DUT is in trouble; it beats any later success.")
      .required("class", &FailureDraft::failure, keys::name("panic"), "What kind of trouble, as reports name it.")
      .optional("match", &FailureDraft::match, pattern("'Fatal trap|panic:'"), "Text that says so.")
      .optional("repeats", &FailureDraft::repeats, marker_name("banner"),
                "Marker that comes again, later than its `twice-within`: a boot loop.")
      .optional("silent-for", &FailureDraft::silent_for, keys::time_limit("120 s"), "No byte for this long.")
      .exactly_one({"match", "repeats", "silent-for"})
      .optional("console", &FailureDraft::console, keys::name("com1"), "Console to look at.", "the profile's console")
      .optional("after", &FailureDraft::after, marker_name("kernel"), "Only after this marker.")
      .optional("before", &FailureDraft::before, marker_name("menu"), "Only before this marker.")
      .optional("effect", &FailureDraft::fatal,
                keys::word<bool>({{"fail", true, "the boot has failed."},
                                  {"tag", false, "the boot goes on and is tagged: it may be slower."}}),
                "What it means for the boot.", "`fail`");
}

keys::Type<ShutdownDraft> shutdown_type() {
  return keys::object<ShutdownDraft>("shutdown", "How a running system is brought down before power is cut.")
      .required("at", &ShutdownDraft::at, marker_name("prompt"), "Marker after which it can be asked.")
      .required("send", &ShutdownDraft::send, keys::typed_text("'6\\ry\\r'"), "What to type.")
      .required("done", &ShutdownDraft::done, pattern("'Uptime:'"), "What it says when it is down.")
      .required("within", &ShutdownDraft::within, keys::time_limit("60 s"), "How long that may take.");
}

keys::Type<ProfileDraft> profile_type() {
  return keys::object<ProfileDraft>(
             "profile",
             "What one configuration of a DUT prints: markers, spans, signs of failure, and how it "
             "is brought down.")
      .required("name", &ProfileDraft::name, keys::file_name("apu2-seabios"), "Name of the profile.")
      .optional("title", &ProfileDraft::title, keys::text("pfSense on bare metal"), "What reports call it.")
      .optional("include", &ProfileDraft::include, keys::list(keys::placed(keys::file_name("apu2-seabios"))),
                "Profiles this one builds on, in order; a later marker or span replaces an earlier one of its name, "
                "failures add up.")
      .optional("console", &ProfileDraft::console, keys::name("com1"), "Main console.", "the bench's first")
      .optional("markers", &ProfileDraft::markers, keys::entries(marker_type()), "Markers by name.")
      .optional("spans", &ProfileDraft::spans, keys::entries(span_type()), "Spans by name; they may overlap.")
      .optional("failures", &ProfileDraft::failures, keys::list(failure_type()), "Signs of failure.")
      .optional("shutdown", &ProfileDraft::shutdown, shutdown_type(), "How a running system is brought down.")
      .optional("observe", &ProfileDraft::observe, keys::entries(keys::placed(keys::name("bios")), keys::label()),
                "Attributes the boot tells of itself: attribute → named capture of a marker.");
}

/// Replaces entries of `into` that have the name of a new one where they stand, and appends the rest.
template <class T>
void merge_entries(std::vector<Entry<T>>& into, const std::vector<Entry<T>>& newer) {
  for (const Entry<T>& entry : newer) {
    const auto same =
        std::find_if(into.begin(), into.end(), [&](const Entry<T>& old) { return old.name == entry.name; });
    if (same == into.end()) {
      into.push_back(entry);
    } else {
      *same = entry;
    }
  }
}

void merge(ProfileDraft& into, const ProfileDraft& newer) {
  into.name = newer.name;
  into.title = newer.title;
  if (!newer.console.empty()) into.console = newer.console;
  merge_entries(into.markers, newer.markers);
  merge_entries(into.spans, newer.spans);
  merge_entries(into.observe, newer.observe);
  into.failures.insert(into.failures.end(), newer.failures.begin(), newer.failures.end());
  if (newer.shutdown) into.shutdown = newer.shutdown;
}

/// Reads a profile and its includes into one draft, each file once.
class Includes {
 public:
  Includes(const Folders& folders, Findings& findings) : folders_(folders), findings_(findings) {}

  void add(std::string_view text, const std::filesystem::path& file) {
    inputs_.push_back(file);
    const auto own = read_document(Kind::profile, profile_type(), text, file, findings_);
    if (!own) return;
    chain_.push_back(file);
    for (const Name& name : own->include) include(name, file);
    chain_.pop_back();
    merge(merged_, *own);
  }

  [[nodiscard]] const ProfileDraft& merged() const { return merged_; }
  [[nodiscard]] const std::vector<std::filesystem::path>& inputs() const { return inputs_; }

 private:
  static constexpr std::size_t deepest = 16;

  void include(const Name& name, const std::filesystem::path& from) {
    const auto file = find_file(Kind::profile, name.value, from, folders_);
    if (!file) {
      const Fault fault = file.error();
      return findings_.mistake(name.place, fault.what(), fault.hint());
    }
    const auto earlier = std::find_if(chain_.begin(), chain_.end(), [&](const auto& one) { return same(one, *file); });
    if (earlier != chain_.end()) return report_cycle(name, earlier, *file);
    if (std::any_of(inputs_.begin(), inputs_.end(), [&](const auto& one) { return same(one, *file); })) return;
    if (chain_.size() >= deepest) {
      return findings_.mistake(name.place, fmt::format("found includes more than {} deep, expected fewer", deepest));
    }
    const Result<std::string> text = read_text(*file);
    if (!text) return findings_.mistake(name.place, text.error().text());
    add(*text, *file);
  }

  void report_cycle(const Name& name, std::vector<std::filesystem::path>::const_iterator first,
                    const std::filesystem::path& again) {
    std::vector<std::string> names;
    for (auto one = first; one != chain_.end(); ++one) names.push_back(one->filename().string());
    names.push_back(again.filename().string());
    findings_.mistake(name.place, fmt::format("found profiles that include each other: {}, expected no circle",
                                              fmt::join(names, " → ")));
  }

  static bool same(const std::filesystem::path& one, const std::filesystem::path& other) {
    std::error_code error;
    return one == other || std::filesystem::equivalent(one, other, error);
  }

  const Folders& folders_;
  Findings& findings_;
  std::vector<std::filesystem::path> chain_;  ///< files being read, outermost first
  std::vector<std::filesystem::path> inputs_;
  ProfileDraft merged_;
};

std::string value_of(const std::optional<Name>& name) {
  return name ? name->value : std::string();
}

BootPlan compile(const ProfileDraft& draft) {
  BootPlan plan;
  plan.profile = draft.name;
  plan.console = draft.console;
  for (const auto& [name, marker, place] : draft.markers) {
    const auto quiet = marker.quiet ? std::optional(marker.quiet->value) : std::nullopt;
    plan.markers.push_back(
        {name, marker.match, marker.sent, marker.console, value_of(marker.after), marker.twice_within, quiet});
  }
  for (const auto& [name, span, place] : draft.spans) {
    plan.spans.push_back({name, span.from.value, span.to.value, span.title});
  }
  for (const FailureDraft& failure : draft.failures) {
    plan.failures.push_back({failure.failure, failure.match, value_of(failure.repeats), failure.silent_for,
                             failure.console, value_of(failure.after), value_of(failure.before), failure.fatal});
  }
  if (draft.shutdown) {
    plan.shutdown = {draft.shutdown->at.value, draft.shutdown->send, draft.shutdown->done, draft.shutdown->within};
  }
  for (const auto& [attribute, capture, place] : draft.observe) plan.observe.emplace(attribute, capture.value);
  return plan;
}

/// Looks at a compiled plan with the places of its draft: all that a reader of one key alone cannot know.
class ProfileCheck {
 public:
  ProfileCheck(const ProfileDraft& draft, const BootPlan& plan, Findings& findings)
      : draft_(draft), plan_(plan), findings_(findings) {}

  void run() {
    for (const auto& marker : draft_.markers) check(marker);
    for (const auto& span : draft_.spans) check(span);
    for (const FailureDraft& failure : draft_.failures) check(failure);
    if (draft_.shutdown) check_marker(plan_, draft_.shutdown->at, findings_);
    check_observed();
  }

 private:
  void check(const Entry<MarkerDraft>& marker) {
    if (has_marker(BootPlan{}, marker.name)) {
      findings_.mistake(
          marker.place,
          fmt::format("found a marker {}, expected another name: every boot has this one already", marker.name));
    }
    if (marker.value.quiet && marker.value.match.empty()) {
      findings_.mistake(marker.value.quiet->place, "found quiet with sent, expected it with match only");
    }
    if (!marker.value.after || !check_marker(plan_, *marker.value.after, findings_)) return;
    if (comes_after(plan_, marker.name, marker.name)) {
      findings_.mistake(
          marker.value.after->place,
          fmt::format("found {} after itself, expected markers that do not wait for each other", marker.name));
    }
  }

  void check(const Entry<SpanDraft>& span) {
    const bool from = check_marker(plan_, span.value.from, findings_);
    const bool to = check_marker(plan_, span.value.to, findings_);
    if (!from || !to) return;
    const std::string why = why_impossible(plan_, span.value.from.value, span.value.to.value);
    if (why.empty()) return;
    findings_.mistake(
        span.value.to.place,
        fmt::format("found a span {} that no boot can have: {}, expected an end after its start", span.name, why));
  }

  void check(const FailureDraft& failure) {
    if (failure.repeats && check_marker(plan_, *failure.repeats, findings_) &&
        has_marker(BootPlan{}, failure.repeats->value)) {
      findings_.mistake(
          failure.repeats->place,
          fmt::format("found {}, which no boot has twice, expected a marker of the profile", failure.repeats->value));
    }
    if (failure.after) check_marker(plan_, *failure.after, findings_);
    if (failure.before) check_marker(plan_, *failure.before, findings_);
  }

  void check_observed() {
    std::vector<std::string> known;
    for (const MarkerPlan& marker : plan_.markers) {
      const auto names = capture_names(marker.match);
      known.insert(known.end(), names.begin(), names.end());
    }
    for (const auto& [attribute, capture, place] : draft_.observe) {
      if (std::find(known.begin(), known.end(), capture.value) != known.end()) continue;
      const std::string meant = closest(capture.value, known);
      findings_.mistake(
          capture.place,
          fmt::format("found {}, which no marker captures, expected the name of a capture such as (?<{}>...)",
                      capture.value, capture.value),
          meant.empty() ? std::string() : fmt::format("did you mean {}?", meant));
    }
  }

  const ProfileDraft& draft_;
  const BootPlan& plan_;
  Findings& findings_;
};

std::optional<Profile> read(std::string_view text, const std::filesystem::path& file, const Folders& folders,
                            Findings& findings) {
  Findings own;
  Includes includes(folders, own);
  includes.add(text, file);
  const ProfileDraft& draft = includes.merged();
  BootPlan plan = compile(draft);
  if (!own.any_mistake()) ProfileCheck(draft, plan, own).run();
  findings.add(own);
  if (own.any_mistake()) return std::nullopt;
  return Profile{draft.title, std::move(plan), includes.inputs()};
}

}  // namespace

std::optional<Profile> read_profile(const std::filesystem::path& file, const Folders& folders, Findings& findings) {
  const Result<std::string> text = read_text(file);
  if (text) return read(*text, file, folders, findings);
  findings.mistake({file.string(), 0, 0}, text.error().what());
  return std::nullopt;
}

Reading<Profile> read_profile(std::string_view text, const std::filesystem::path& file, const Folders& folders) {
  Findings findings;
  auto profile = read(text, file, folders, findings);
  return {std::move(profile), findings};
}

Reading<Profile> read_profile(const std::filesystem::path& file, const Folders& folders) {
  Findings findings;
  auto profile = read_profile(file, folders, findings);
  return {std::move(profile), findings};
}

keys::ShapePtr profile_shape() {
  return profile_type().shape;
}

}  // namespace coldboot
