#include "reports/json/result_json.hpp"

#include <cmath>
#include <optional>

#include <nlohmann/json.hpp>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

using Json = nlohmann::ordered_json;

Json text(std::string_view bytes) {
  return printable(bytes);
}

Json nanoseconds(Nanos duration) {
  return duration.count();
}

Json nanoseconds(const std::optional<Nanos>& duration) {
  return duration ? Json(duration->count()) : Json(nullptr);
}

Json instant(Instant at) {
  return at.time_since_epoch().count();
}

Json instant(const std::optional<Instant>& at) {
  return at ? instant(*at) : Json(nullptr);
}

/// JSON has no NaN and no infinity.
Json number(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

template <class T, class Function>
Json array_of(const std::vector<T>& values, Function one) {
  Json array = Json::array();
  for (const T& value : values) array.push_back(one(value));
  return array;
}

Json of_fault(const Fault& fault) {
  return {{"cause", name_of(fault.cause())},
          {"where", text(fault.where())},
          {"what", text(fault.what())},
          {"hint", text(fault.hint())}};
}

Json of_marker(const MarkerHit& hit) {
  Json captures = Json::object();
  for (const auto& [name, value] : hit.captures) captures[printable(name)] = text(value);
  return {{"marker", text(hit.marker)}, {"console", text(hit.console)},
          {"at_ns", instant(hit.at)},   {"not_before_ns", instant(hit.not_before)},
          {"stamped", hit.stamped},     {"line", hit.line},
          {"begin", hit.begin},         {"end", hit.end},
          {"text", text(hit.text)},     {"captures", std::move(captures)}};
}

Json of_term(const UncertaintyTerm& term) {
  return {{"name", text(term.name)}, {"bound_ns", nanoseconds(term.bound)}};
}

Json of_span(const SpanTime& span) {
  return {{"name", text(span.name)},
          {"title", text(span.title)},
          {"from", text(span.from)},
          {"to", text(span.to)},
          {"duration_ns", nanoseconds(span.duration)},
          {"censored", span.censored},
          {"lower_ns", nanoseconds(span.lower)},
          {"upper_ns", nanoseconds(span.upper)},
          {"budget", array_of(span.budget, of_term)},
          {"missing", text(span.missing)}};
}

Json of_silence(const Silence& silence) {
  return {{"console", text(silence.console)},
          {"from_ns", instant(silence.from)},
          {"length_ns", nanoseconds(silence.length)},
          {"before", text(silence.before)},
          {"after", text(silence.after)},
          {"line_before", silence.line_before},
          {"span", text(silence.span)}};
}

Json of_failure(const FailureHit& hit) {
  return {{"failure", text(hit.failure)},
          {"console", text(hit.console)},
          {"at_ns", instant(hit.at)},
          {"fatal", hit.fatal},
          {"line", hit.line},
          {"begin", hit.begin},
          {"end", hit.end},
          {"text", text(hit.text)}};
}

Json of_attribute(const Attribute& row) {
  return {{"name", text(row.name)},
          {"declared", text(row.declared)},
          {"observed", text(row.observed)},
          {"agrees", row.agrees}};
}

Json of_step(const StepOutcome& step) {
  return {{"index", step.index},
          {"what", text(step.what)},
          {"verdict", name_of(step.verdict)},
          {"fault", step.verdict > Verdict::pass ? of_fault(step.fault) : Json(nullptr)},
          {"took_ns", nanoseconds(step.took)}};
}

Json of_image(const ImagePut& put) {
  return {{"medium", text(put.medium)},
          {"image", text(put.image)},
          {"sha256", text(put.sha256)},
          {"version", text(put.version)},
          {"chip", text(put.chip)},
          {"programmer", text(put.programmer)},
          {"outcome", text(put.outcome)},
          {"read_back", text(put.read_back)},
          {"took_ns", nanoseconds(put.took)},
          {"saved_ns", nanoseconds(put.saved)},
          {"ran", put.ran}};
}

Json of_load(const std::optional<HostLoad>& load) {
  if (!load) return nullptr;
  return {{"processors_ns", nanoseconds(load->processors)},
          {"busy_ns", nanoseconds(load->busy)},
          {"stolen_ns", nanoseconds(load->stolen)},
          {"waited_ns", nanoseconds(load->waited)}};
}

Json of_boot(const BootResult& boot) {
  Json console_bytes = Json::object();
  for (const auto& [console, bytes] : boot.console_bytes) console_bytes[printable(console)] = bytes;
  return {{"number", boot.number},
          {"configuration", text(boot.configuration)},
          {"bench", text(boot.bench)},
          {"profile", text(boot.profile)},
          {"verdict", name_of(boot.verdict)},
          {"reason", text(boot.reason)},
          {"reason_type", text(boot.reason_type)},
          {"cut_off", boot.cut_off},
          {"started_ns", instant(boot.started)},
          {"off_for_ns", nanoseconds(boot.off_for)},
          {"after", boot.after ? Json(name_of(*boot.after)) : Json(nullptr)},
          {"markers", array_of(boot.markers, of_marker)},
          {"spans", array_of(boot.spans, of_span)},
          {"measurements", array_of(boot.measurements, of_span)},
          {"silences", array_of(boot.silences, of_silence)},
          {"failures", array_of(boot.failures, of_failure)},
          {"attributes", array_of(boot.attributes, of_attribute)},
          {"steps", array_of(boot.steps, of_step)},
          {"images", array_of(boot.images, of_image)},
          {"faults", array_of(boot.faults, of_fault)},
          {"folder", text(boot.folder)},
          {"console_bytes", std::move(console_bytes)},
          {"host_load", of_load(boot.host_load)},
          {"tail", text(boot.tail)}};
}

Json of_summary(const Summary& summary) {
  return {{"name", text(summary.name)},
          {"title", text(summary.title)},
          {"boots", summary.boots},
          {"seen", summary.seen},
          {"median_ns", nanoseconds(summary.median)},
          {"lowest_ns", nanoseconds(summary.lowest)},
          {"highest_ns", nanoseconds(summary.highest)},
          {"uncertainty_ns", nanoseconds(summary.uncertainty)}};
}

Json of_configuration(const ConfigurationResult& configuration) {
  return {{"name", text(configuration.name)},
          {"bench", text(configuration.bench)},
          {"profile", text(configuration.profile)},
          {"verdict", name_of(configuration.verdict)},
          {"attributes", array_of(configuration.attributes, of_attribute)},
          {"spans", array_of(configuration.spans, of_summary)},
          {"measurements", array_of(configuration.measurements, of_summary)}};
}

Json of_comparison(const Comparison& comparison) {
  return {{"name", text(comparison.name)},
          {"title", text(comparison.title)},
          {"is_measurement", comparison.is_measurement},
          {"base", text(comparison.base)},
          {"other", text(comparison.other)},
          {"base_ns", nanoseconds(comparison.base_time)},
          {"other_ns", nanoseconds(comparison.other_time)},
          {"difference_ns", nanoseconds(comparison.difference)},
          {"ratio", number(comparison.ratio)}};
}

Json of_limit(const LimitResult& limit) {
  return {{"id", text(limit.id)},         {"that", text(limit.that)},
          {"gate", limit.gate},           {"verdict", name_of(limit.verdict)},
          {"value", number(limit.value)}, {"lower", number(limit.lower)},
          {"upper", number(limit.upper)}, {"unit", text(limit.unit)},
          {"boots", limit.boots},         {"detail", text(limit.detail)}};
}

}  // namespace

std::string result_json(const RunResult& run) {
  const Json result = {{"coldboot", "result/1"},
                       {"scenario", text(run.scenario)},
                       {"title", text(run.title)},
                       {"requirement", text(run.requirement)},
                       {"verdict", name_of(run.verdict)},
                       {"reason", text(run.reason)},
                       {"started_utc", text(run.started_utc)},
                       {"took_ns", nanoseconds(run.took)},
                       {"host", text(run.host)},
                       {"version", text(run.version)},
                       {"folder", text(run.folder)},
                       {"configurations", array_of(run.configurations, of_configuration)},
                       {"comparisons", array_of(run.comparisons, of_comparison)},
                       {"limits", array_of(run.limits, of_limit)},
                       {"boots", array_of(run.boots, of_boot)}};
  return result.dump(2) + "\n";
}

}  // namespace coldboot
