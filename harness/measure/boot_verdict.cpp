#include "harness/measure/boot_verdict.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

namespace coldboot {
namespace {

/// Short tokens for reports; a device's own fault goes by its cause.
namespace token {
constexpr const char* stopped = "stopped";
constexpr const char* cut_off = "cut-off";
constexpr const char* console_lost = "console-lost";
constexpr const char* no_sign_of_life = "no-sign-of-life";
constexpr const char* deadline = "deadline";
}  // namespace token

template <class Body>
const Body* first_of(const BootRecord& record) {
  for (const Event& event : record.events) {
    if (const auto* body = std::get_if<Body>(&event.body)) return body;
  }
  return nullptr;
}

const StepOutcome* first_step(const BootResult& result, Verdict verdict) {
  const auto found = std::ranges::find(result.steps, verdict, &StepOutcome::verdict);
  return found == result.steps.end() ? nullptr : &*found;
}

std::string type_of_fault(const Fault& fault) {
  return fault.cause() == Cause::timeout ? token::deadline : std::string(name_of(fault.cause()));
}

Judgement of_step(Verdict verdict, const StepOutcome& step) {
  return {verdict, fmt::format("{}: {}", step.what, step.fault.text()), type_of_fault(step.fault)};
}

bool said_nothing(const BootResult& result) {
  return std::ranges::all_of(result.console_bytes, [](const auto& console) { return console.second == 0; });
}

bool power_proven(const BootRecord& record) {
  return std::ranges::any_of(record.events, [](const Event& event) {
    const auto* power = std::get_if<PowerSwitched>(&event.body);
    return power != nullptr && power->wanted == Power::on && power->read_back == Power::on && !power->aside;
  });
}

std::optional<Judgement> aborted(const BootRecord& record, const BootResult& result) {
  if (const auto* stop = first_of<StopRequested>(record)) {
    return Judgement{Verdict::aborted, fmt::format("stopped by {}", stop->by), token::stopped};
  }
  if (const StepOutcome* step = first_step(result, Verdict::aborted)) return of_step(Verdict::aborted, *step);
  if (record.cut_off) return Judgement{Verdict::aborted, "the record ends before the boot did", token::cut_off};
  return std::nullopt;
}

std::optional<Judgement> bench_error(const BootRecord& record, const BootResult& result) {
  if (!result.faults.empty()) {
    const Fault& fault = result.faults.front();
    const bool console = fault.cause() == Cause::lost && first_of<ConsoleLost>(record) != nullptr;
    return Judgement{Verdict::error, fault.text(), console ? token::console_lost : type_of_fault(fault)};
  }
  if (const StepOutcome* step = first_step(result, Verdict::error)) return of_step(Verdict::error, *step);
  const bool could_speak = result.started && !result.console_bytes.empty();
  if (could_speak && said_nothing(result) && !power_proven(record)) {
    return Judgement{Verdict::error,
                     "not one console byte, and nothing proves that power was on: check supply, relay and console",
                     token::no_sign_of_life};
  }
  return std::nullopt;
}

std::optional<Judgement> dut_failure(const BootRecord& record, const BootResult& result) {
  const auto fatal = std::ranges::find(result.failures, true, &FailureHit::fatal);
  if (fatal != result.failures.end()) {
    return Judgement{Verdict::fail, fmt::format("{} on {}: {}", fatal->failure, fatal->console, fatal->text),
                     fatal->failure};
  }
  for (const Event& event : record.events) {
    const auto* seen = std::get_if<FaultSeen>(&event.body);
    if (seen != nullptr && seen->fault.cause() == Cause::dut) {
      return Judgement{Verdict::fail, seen->fault.text(), std::string(name_of(Cause::dut))};
    }
  }
  const StepOutcome* step = first_step(result, Verdict::fail);
  if (step == nullptr) return std::nullopt;
  Judgement judgement = of_step(Verdict::fail, *step);
  if (said_nothing(result)) judgement.type = token::no_sign_of_life;
  return judgement;
}

std::optional<Judgement> undecided(const BootRecord& /*record*/, const BootResult& result) {
  const StepOutcome* step = first_step(result, Verdict::inconclusive);
  if (step == nullptr) return std::nullopt;
  return of_step(Verdict::inconclusive, *step);
}

}  // namespace

Judgement judge_boot(const BootRecord& record, const BootResult& result) {
  constexpr std::array by_precedence{&aborted, &bench_error, &dut_failure, &undecided};
  for (const auto rule : by_precedence) {
    if (auto judgement = rule(record, result)) return *judgement;
  }
  return {};
}

}  // namespace coldboot
