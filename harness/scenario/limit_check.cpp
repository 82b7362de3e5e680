#include "harness/scenario/limit_check.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/text.hpp"
#include "harness/measure/limit.hpp"
#include "harness/scenario/plan_check.hpp"

namespace coldboot {
namespace {

/// A deadline must leave a slow boot this much more than the limit allows it, so that it is measured and not cut off.
constexpr double least_headroom = 1.25;

/// From which marker to which a quantity of a configuration is measured.
struct Ends {
  std::string from;
  std::string to;
};

bool applies(const MeasurePlan& measure, const Configuration& configuration) {
  return measure.on.empty() || measure.on == configuration.name;
}

std::optional<Ends> ends_of(const LimitOperand& operand, const Configuration& configuration, const Scenario& scenario) {
  const BootPlan& plan = configuration.plan;
  std::optional<Ends> ends;
  for (const SpanPlan& span : plan.spans) {
    if (span.name == operand.quantity) ends = {span.from, span.to};
  }
  for (const MeasurePlan& measure : scenario.measure) {
    if (measure.name == operand.quantity && applies(measure, configuration)) ends = {measure.from, measure.to};
  }
  if (operand.is_range()) ends = {operand.from, operand.to};
  if (ends && has_marker(plan, ends->from) && has_marker(plan, ends->to)) return ends;
  return std::nullopt;
}

std::vector<std::string> quantities(const Configuration& configuration, const Scenario& scenario) {
  std::vector<std::string> names;
  for (const SpanPlan& span : configuration.plan.spans) names.push_back(span.name);
  for (const MeasurePlan& measure : scenario.measure) {
    if (applies(measure, configuration)) names.push_back(measure.name);
  }
  return names;
}

std::vector<std::string> names_of(const std::vector<Configuration>& configurations) {
  std::vector<std::string> names;
  for (const Configuration& configuration : configurations) names.push_back(configuration.name);
  return names;
}

std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& known) {
  const std::string meant = closest(wanted, known);
  return meant.empty() ? meant : fmt::format("did you mean {}?", meant);
}

bool is_upper_bound(const LimitExpression& limit) {
  return limit.comparator == Comparator::at_most || limit.comparator == Comparator::below;
}

/// One limit, looked at with the scenario around it.
class LimitCheck {
 public:
  LimitCheck(const Scenario& scenario, const Place& place, Findings& findings)
      : scenario_(scenario), place_(place), findings_(findings) {}

  void run(const LimitExpression& limit) {
    check(limit.operand);
    if (limit.other) check(*limit.other);
    check_bound(limit);
  }

 private:
  void check(const LimitOperand& operand) {
    bool known = operand.configuration == "*";
    for (const Configuration& configuration : scenario_.configurations) {
      if (operand.configuration != "*" && operand.configuration != configuration.name) continue;
      known = true;
      check(operand, configuration);
    }
    if (known) return;
    const std::vector<std::string> names = names_of(scenario_.configurations);
    findings_.mistake(place_,
                      fmt::format("found the configuration {}, expected one of {}, or * for each",
                                  operand.configuration, fmt::join(names, ", ")),
                      did_you_mean(operand.configuration, names));
  }

  void check(const LimitOperand& operand, const Configuration& configuration) {
    if (operand.is_range()) {
      const bool from = check_marker(configuration.plan, {operand.from, place_}, findings_);
      if (!check_marker(configuration.plan, {operand.to, place_}, findings_) || !from) return;
      const std::string why = why_impossible(configuration.plan, operand.from, operand.to);
      if (!why.empty())
        findings_.mistake(place_, fmt::format("found {}, which no boot can have: {}", operand.quantity, why));
      return;
    }
    if (ends_of(operand, configuration, scenario_)) return;
    const std::vector<std::string> names = quantities(configuration, scenario_);
    findings_.mistake(
        place_,
        fmt::format("found {}.{}, expected a span or measurement that {} has: {}", configuration.name, operand.quantity,
                    configuration.name, names.empty() ? "it has none" : fmt::format("{}", fmt::join(names, ", "))),
        did_you_mean(operand.quantity, names));
  }

  void check_bound(const LimitExpression& limit) {
    const bool may_be_negative = limit.function == LimitFunction::difference;
    if (may_be_negative || limit.bound > 0) return;
    if (limit.bound == 0 && !is_upper_bound(limit)) return;
    findings_.mistake(place_, fmt::format("found the bound {}{}{}, which no boot can keep, expected a bound above 0",
                                          limit.bound, limit.unit().empty() ? "" : " ", limit.unit()));
  }

  const Scenario& scenario_;
  const Place& place_;
  Findings& findings_;
};

void warn_of_deadlines(const LimitExpression& limit, const LimitPlan& plan, const Scenario& scenario,
                       const std::vector<std::vector<StepDraft>>& steps, Findings& findings) {
  if (limit.other || limit.function == LimitFunction::silence || !is_upper_bound(limit)) return;
  for (std::size_t i = 0; i < scenario.configurations.size(); ++i) {
    const Configuration& configuration = scenario.configurations[i];
    if (limit.operand.configuration != "*" && limit.operand.configuration != configuration.name) continue;
    const auto ends = ends_of(limit.operand, configuration, scenario);
    if (!ends) continue;
    for (const StepDraft& draft : steps[i]) {
      const auto* expect = std::get_if<ExpectStep>(&draft.step.what);
      const double headroom = limit.bound * least_headroom;
      if (expect == nullptr || expect->marker != ends->to || seconds(expect->within) >= headroom) continue;
      findings.warning(
          draft.subject,
          fmt::format("{} is given up after {}, close to the limit {} of {:g} s: a slow boot would be cut off "
                      "and not measured",
                      expect->marker, duration_text(expect->within), plan.id, limit.bound),
          fmt::format("wait for it at least {:g} s", headroom));
    }
  }
}

}  // namespace

void check_limits(const Scenario& scenario, const std::vector<Place>& those,
                  const std::vector<std::vector<StepDraft>>& steps, Findings& findings) {
  std::set<std::string> ids;
  for (std::size_t i = 0; i < scenario.limits.size(); ++i) {
    const LimitPlan& plan = scenario.limits[i];
    if (!ids.insert(plan.id).second) {
      findings.mistake(plan.place, fmt::format("found the limit {} again, expected every id once", plan.id));
    }
    const Result<LimitExpression> limit = parse_limit(plan.that);
    if (!limit) {
      const Fault fault = limit.error();
      findings.mistake(those[i], fault.what(), fault.hint());
      continue;
    }
    LimitCheck(scenario, those[i], findings).run(*limit);
    warn_of_deadlines(*limit, plan, scenario, steps, findings);
  }
}

}  // namespace coldboot
