#include "harness/scenario/read_scenario.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/text.hpp"
#include "harness/file/document.hpp"
#include "harness/scenario/limit_check.hpp"
#include "harness/scenario/plan_check.hpp"
#include "harness/scenario/read_profile.hpp"
#include "harness/scenario/step.hpp"

namespace coldboot {
namespace {

using keys::Entry;
using keys::Placed;
using Name = Placed<std::string>;
using Folders = std::vector<std::filesystem::path>;

struct ConfigurationDraft {
  std::string title;
  Name profile;
  std::vector<Entry<Placed<std::filesystem::path>>> boot;
  std::vector<Entry<std::string>> declare;
  std::vector<StepDraft> steps;
  Place place;
};

struct RepeatDraft {
  int boots = 1;
  BootOrder order = BootOrder::interleaved;
  int bench_retries = 0;
};

struct MeasureDraft {
  Name from;
  Name to;
  std::optional<Name> configuration;
  std::string title;
};

struct LimitDraft {
  std::string id;
  Name that;
  bool gate = true;
  Place place;
};

struct ScenarioDraft {
  std::string name;
  std::string title;
  std::string requirement;
  std::string bench;
  std::vector<Entry<ConfigurationDraft>> configurations;
  std::vector<Name> must_match;
  RepeatDraft repeat;
  std::vector<StepDraft> steps;
  std::vector<Entry<MeasureDraft>> measure;
  std::vector<LimitDraft> limits;
};

keys::Type<ConfigurationDraft> configuration_type() {
  return keys::object<ConfigurationDraft>(
             "configuration",
             "What is booted: a profile, what is put on the board, and what it is declared to "
             "consist of.")
      .at(&ConfigurationDraft::place)
      .optional("title", &ConfigurationDraft::title, keys::text("pfSense under Xen"), "What reports call it.",
                "the profile's title")
      .required("profile", &ConfigurationDraft::profile, keys::placed(keys::file_name("pfsense-2.4-xen")),
                "What it prints: the name of a profile, or its path.")
      .optional("boot", &ConfigurationDraft::boot, keys::entries(keys::placed(keys::path("xen.img"))),
                "What it boots from: medium of the bench → file, relative to the folder of this file.")
      .optional("declare", &ConfigurationDraft::declare, keys::entries(keys::text("v4.10.0.2"), keys::label()),
                "What it consists of; compared with what the boot tells of itself.")
      .optional("steps", &ConfigurationDraft::steps, keys::list(step_type()),
                "Steps of each of its boots, in place of the scenario's.", "the scenario's");
}

keys::Type<RepeatDraft> repeat_type() {
  return keys::object<RepeatDraft>("repeat", "How often.")
      .optional("boots", &RepeatDraft::boots, keys::integer(1, most_boots, "20"), "Boots of each configuration.", "1")
      .optional("order", &RepeatDraft::order,
                keys::word<BootOrder>({{"interleaved", BootOrder::interleaved,
                                        "the configurations in turn, so that what drifts meets them all alike."},
                                       {"blocks", BootOrder::blocks,
                                        "all boots of one, then of the next: where putting an image on the board takes "
                                        "longer than the boots. What that took is in each run's results (took_ns)."}}),
                "Which boot comes after which.", "`interleaved`")
      .optional("bench-retries", &RepeatDraft::bench_retries, keys::integer(0, 1'000, "2"),
                "Boots lost to the bench, and not to the DUT, that may be made up for.", "0");
}

keys::Type<MeasureDraft> measure_type() {
  return keys::object<MeasureDraft>("measurement", "A time of each boot, beside the profiles' spans.")
      .required("from", &MeasureDraft::from, keys::placed(keys::name("power-on")), "Marker at which it begins.")
      .required("to", &MeasureDraft::to, keys::placed(keys::name("menu")), "Marker at which it ends.")
      .optional("configuration", &MeasureDraft::configuration, keys::placed(keys::name("bare")),
                "The only configuration it is measured in.", "each whose profile has both markers")
      .optional("title", &MeasureDraft::title, keys::text("Power to menu"), "What reports call it.", "its name");
}

keys::Type<LimitDraft> limit_type() {
  return keys::object<LimitDraft>("limit", "What is acceptable.")
      .at(&LimitDraft::place)
      .required("id", &LimitDraft::id, keys::text("ACC-014.1"), "Name of the limit in reports; every id once.")
      .required("that", &LimitDraft::that, keys::placed(keys::text("median(xen.boot) <= 240 s")),
                "What must hold: a function of spans, measurements or marker ranges of configurations, and a bound. "
                "Functions: "
                "median, min and max of their times, silence (the longest within), ratio and difference of two.")
      .optional("gate", &LimitDraft::gate, keys::boolean(), "Whether missing it fails the run, or is only told.",
                "`true`");
}

keys::Type<ScenarioDraft> scenario_type() {
  return keys::object<ScenarioDraft>("scenario", "What to do, measure, compare and accept.")
      .required("name", &ScenarioDraft::name, keys::name("xen-vs-bare"),
                "Name of the scenario; the run folder bears it.")
      .optional("title", &ScenarioDraft::title, keys::text(), "What reports call it.", "its name")
      .optional("requirement", &ScenarioDraft::requirement, keys::text("ACC-014"), "The requirement it answers.")
      .optional("bench", &ScenarioDraft::bench, keys::file_name("apu2-07"),
                "Bench to run on: the name of a bench file, or its path.", "given on the command line")
      .required("configurations", &ScenarioDraft::configurations, keys::entries(configuration_type()),
                "What is booted, by name.")
      .optional("must-match", &ScenarioDraft::must_match, keys::list(keys::placed(keys::label("firmware"))),
                "Attributes in which all configurations must agree, or their times cannot be compared.")
      .optional("repeat", &ScenarioDraft::repeat, repeat_type(), "How often.", "one boot of each configuration")
      .optional("steps", &ScenarioDraft::steps, keys::list(step_type()), "What is done in each boot, in order.",
                "`power-cycle`, `expect: {marker: menu, within: 600 s}`, `power-off`: clean where the profile has a "
                "`shutdown`")
      .optional("measure", &ScenarioDraft::measure, keys::entries(measure_type()), "Times of each boot, by name.")
      .optional("limits", &ScenarioDraft::limits, keys::list(limit_type()), "What is acceptable.");
}

/// The steps of a boot where nobody wrote any: up to the menu and down again.
std::vector<StepDraft> default_steps(const BootPlan& plan, const Place& place) {
  const PowerOff how = plan.shutdown ? PowerOff::clean : PowerOff::cut;
  std::vector<StepDraft> steps;
  for (const decltype(Step::what)& what : std::initializer_list<decltype(Step::what)>{
           PowerCycleStep{}, ExpectStep{"menu", std::chrono::seconds(600)}, PowerOffStep{how}}) {
    Step step;
    step.what = what;
    step.place = place;
    steps.push_back({std::move(step), place});
  }
  return steps;
}

std::vector<Step> without_places(const std::vector<StepDraft>& drafts) {
  std::vector<Step> steps;
  for (const StepDraft& draft : drafts) steps.push_back(draft.step);
  return steps;
}

/// Makes a scenario of its draft: reads the profiles it names and checks what no key can know by itself.
class Compiler {
 public:
  Compiler(const ScenarioDraft& draft, std::filesystem::path file, const Folders& folders, Findings& findings)
      : draft_(draft), file_(std::move(file)), folders_(folders), findings_(findings) {}

  Scenario compile() {
    scenario_.name = draft_.name;
    scenario_.title = draft_.title.empty() ? draft_.name : draft_.title;
    scenario_.requirement = draft_.requirement;
    scenario_.file = file_;
    scenario_.bench = draft_.bench;
    scenario_.boots = draft_.repeat.boots;
    scenario_.order = draft_.repeat.order;
    scenario_.bench_retries = draft_.repeat.bench_retries;
    scenario_.steps = without_places(draft_.steps);
    add_input(file_);
    for (const auto& configuration : draft_.configurations) add_configuration(configuration);
    for (const Name& attribute : draft_.must_match) add_must_match(attribute);
    if (!all_profiles_read_) return std::move(scenario_);  // what refers to markers cannot be judged
    for (const auto& measure : draft_.measure) add_measure(measure);
    add_limits();
    return std::move(scenario_);
  }

 private:
  void add_input(const std::filesystem::path& file) {
    auto& inputs = scenario_.inputs;
    if (std::find(inputs.begin(), inputs.end(), file) == inputs.end()) inputs.push_back(file);
  }

  std::optional<Profile> profile_of(const ConfigurationDraft& configuration) {
    const auto file = find_file(Kind::profile, configuration.profile.value, file_, folders_);
    if (!file) {
      const Fault fault = file.error();
      findings_.mistake(configuration.profile.place, fault.what(), fault.hint());
      return std::nullopt;
    }
    return read_profile(*file, folders_, findings_);
  }

  void add_configuration(const Entry<ConfigurationDraft>& entry) {
    const ConfigurationDraft& draft = entry.value;
    Configuration configuration;
    configuration.name = entry.name;
    configuration.profile = draft.profile.value;
    configuration.place = entry.place;
    for (const auto& medium : draft.boot) add_medium(configuration, medium);
    for (const auto& attribute : draft.declare) configuration.declare.emplace(attribute.name, attribute.value);
    std::vector<StepDraft> steps;
    if (auto profile = profile_of(draft)) {
      for (const auto& input : profile->inputs) add_input(input);
      configuration.title = !draft.title.empty() ? draft.title : profile->title;
      configuration.plan = std::move(profile->plan);
      steps = steps_of(entry, configuration.plan);
    } else {
      all_profiles_read_ = false;
    }
    if (configuration.title.empty()) configuration.title = entry.name;
    configuration.steps = without_places(steps);
    steps_.push_back(std::move(steps));
    scenario_.configurations.push_back(std::move(configuration));
  }

  void add_medium(Configuration& configuration, const Entry<Placed<std::filesystem::path>>& medium) {
    std::error_code error;
    const std::filesystem::path& image = medium.value.value;
    configuration.boot.emplace(medium.name, std::filesystem::absolute(image, error).lexically_normal());
  }

  std::vector<StepDraft> steps_of(const Entry<ConfigurationDraft>& entry, const BootPlan& plan) {
    std::vector<StepDraft> steps = entry.value.steps.empty() ? draft_.steps : entry.value.steps;
    if (steps.empty()) {
      if (!has_marker(plan, "menu")) {
        findings_.mistake(
            entry.place,
            fmt::format("found no steps, and profile {} has no marker menu to wait for, expected steps", plan.profile),
            "say which marker ends a boot: steps: [power-cycle, expect: {marker: ..., within: ...}]");
        return steps;
      }
      steps = default_steps(plan, entry.place);
    }
    for (const StepDraft& draft : steps) check_step(draft, plan);
    check_power(steps);
    return steps;
  }

  void check_step(const StepDraft& draft, const BootPlan& plan) {
    if (const auto* expect = std::get_if<ExpectStep>(&draft.step.what)) {
      check_marker(plan, {expect->marker, draft.subject}, findings_);
    }
    const auto* power_off = std::get_if<PowerOffStep>(&draft.step.what);
    if (power_off != nullptr && power_off->how == PowerOff::clean && !plan.shutdown) {
      findings_.mistake(
          draft.step.place,
          fmt::format("found a clean power-off, but profile {} has no shutdown, expected one that has", plan.profile),
          "add a shutdown to the profile, or write power-off: {how: cut}");
    }
  }

  /// A boot is measured from power on, so one of its steps must switch it on.
  void check_power(const std::vector<StepDraft>& steps) {
    const bool switches_on = std::any_of(steps.begin(), steps.end(), [](const StepDraft& draft) {
      return std::holds_alternative<PowerOnStep>(draft.step.what) ||
             std::holds_alternative<PowerCycleStep>(draft.step.what);
    });
    if (switches_on) return;
    findings_.mistake(steps.front().step.place,
                      "found no step that switches power on, expected power-cycle or power-on");
  }

  void add_must_match(const Name& attribute) {
    scenario_.must_match.push_back(attribute.value);
    std::vector<std::string> declared;
    bool observed = false;
    for (const Configuration& configuration : scenario_.configurations) {
      const auto value = configuration.declare.find(attribute.value);
      if (value != configuration.declare.end()) {
        declared.push_back(fmt::format("{} \"{}\"", configuration.name, value->second));
        check_agrees(attribute, configuration.name, value->second);
      }
      observed = observed || configuration.plan.observe.contains(attribute.value);
    }
    if (!declared.empty() || observed || !all_profiles_read_) return;
    findings_.mistake(
        attribute.place,
        fmt::format("found {}, which no configuration declares and no profile observes, expected an attribute "
                    "that is known",
                    attribute.value));
  }

  /// Compares with the first configuration that declares the attribute.
  void check_agrees(const Name& attribute, const std::string& configuration, const std::string& value) {
    for (const Configuration& first : scenario_.configurations) {
      const auto declared = first.declare.find(attribute.value);
      if (declared == first.declare.end()) continue;
      if (declared->second == value) return;
      return findings_.mistake(attribute.place,
                               fmt::format("found {} declared as \"{}\" for {} and as \"{}\" for {}, expected the same",
                                           attribute.value, declared->second, first.name, value, configuration));
    }
  }

  void add_measure(const Entry<MeasureDraft>& entry) {
    const MeasureDraft& draft = entry.value;
    MeasurePlan measure{entry.name, draft.title, draft.from.value, draft.to.value, {}, entry.place};
    if (draft.configuration) measure.on = draft.configuration->value;
    int measured_in = 0;
    for (const Configuration& configuration : scenario_.configurations) {
      if (!measure.on.empty() && measure.on != configuration.name) continue;
      ++measured_in;
      check_measure(draft, measure, configuration.plan);
    }
    if (measured_in == 0) {
      findings_.mistake(draft.configuration->place,
                        fmt::format("found the configuration {}, expected one of the scenario's", measure.on));
    } else if (measure.on.empty()) {
      check_measured_somewhere(draft);
    }
    scenario_.measure.push_back(std::move(measure));
  }

  void check_measure(const MeasureDraft& draft, const MeasurePlan& measure, const BootPlan& plan) {
    if (has_span(plan, measure.name)) {
      findings_.mistake(measure.place,
                        fmt::format("found a measurement {}, expected another name: profile {} has a span of it",
                                    measure.name, plan.profile));
    }
    if (!measure.on.empty()) {
      check_marker(plan, draft.from, findings_);
      check_marker(plan, draft.to, findings_);
    }
    if (!has_marker(plan, measure.from) || !has_marker(plan, measure.to)) return;
    const std::string why = why_impossible(plan, measure.from, measure.to);
    if (why.empty()) return;
    findings_.mistake(draft.to.place,
                      fmt::format("found a measurement {} that no boot can have: {}, expected an end after its start",
                                  measure.name, why));
  }

  void check_measured_somewhere(const MeasureDraft& draft) {
    const auto& all = scenario_.configurations;
    const auto has_both = [&](const Configuration& one) {
      return has_marker(one.plan, draft.from.value) && has_marker(one.plan, draft.to.value);
    };
    if (std::any_of(all.begin(), all.end(), has_both)) return;
    for (const Name& end : {draft.from, draft.to}) {
      const auto has_end = [&](const Configuration& one) { return has_marker(one.plan, end.value); };
      if (!std::any_of(all.begin(), all.end(), has_end)) return (void)check_marker(all.front().plan, end, findings_);
    }
    findings_.mistake(draft.from.place,
                      fmt::format("found {} and {}, which no profile has both, expected markers of one boot",
                                  draft.from.value, draft.to.value));
  }

  void add_limits() {
    std::vector<Place> those;
    for (const LimitDraft& draft : draft_.limits) {
      scenario_.limits.push_back({draft.id, draft.that.value, draft.gate, draft.place});
      those.push_back(draft.that.place);
    }
    check_limits(scenario_, those, steps_, findings_);
  }

  const ScenarioDraft& draft_;
  std::filesystem::path file_;
  const Folders& folders_;
  Findings& findings_;
  Scenario scenario_;
  std::vector<std::vector<StepDraft>> steps_;  ///< of each configuration
  bool all_profiles_read_ = true;
};

}  // namespace

Reading<Scenario> read_scenario(std::string_view text, const std::filesystem::path& file, const Folders& folders) {
  Findings findings;
  std::optional<Scenario> scenario;
  if (const auto draft = read_document(Kind::scenario, scenario_type(), text, file, findings)) {
    scenario = Compiler(*draft, file, folders, findings).compile();
  }
  return {std::move(scenario), findings};
}

Reading<Scenario> read_scenario(const std::filesystem::path& file, const Folders& folders) {
  const Result<std::string> text = read_text(file);
  if (!text) return Reading<Scenario>(text.error());
  return read_scenario(*text, file, folders);
}

keys::ShapePtr scenario_shape() {
  return scenario_type().shape;
}

}  // namespace coldboot
