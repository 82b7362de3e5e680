#include "harness/event/event.hpp"

namespace coldboot {
namespace {

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

}  // namespace

std::string_view name_of(Ending ending) {
  return ending == Ending::clean ? "clean" : "cut";
}

std::string_view name_of(Power power) {
  return power == Power::on ? "on" : "off";
}

std::string_view name_of(ChipOutcome outcome) {
  switch (outcome) {
    case ChipOutcome::written: return "written";
    case ChipOutcome::identical: return "identical";
    case ChipOutcome::unchanged: return "unchanged";
    case ChipOutcome::restored: return "restored";
  }
  return "written";
}

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::skipped: return "skipped";
    case Verdict::pass: return "pass";
    case Verdict::inconclusive: return "inconclusive";
    case Verdict::fail: return "fail";
    case Verdict::error: return "error";
    case Verdict::aborted: return "aborted";
  }
  return "error";
}

bool is_live_only(const EventBody& body) {
  return std::holds_alternative<MarkerSeen>(body) || std::holds_alternative<FailureSeen>(body);
}

std::string_view type_of(const EventBody& body) {
  return std::visit(
      overloaded{
          [](const BootStarted&) { return "boot-started"; },     [](const BootEnded&) { return "boot-ended"; },
          [](const PowerSwitched&) { return "power-switched"; }, [](const MediumPut&) { return "medium-put"; },
          [](const ChipWork&) { return "chip-work"; },           [](const FirmwarePut&) { return "firmware-put"; },
          [](const ConsoleOpened&) { return "console-opened"; }, [](const ConsoleLost&) { return "console-lost"; },
          [](const ConsoleErrors&) { return "console-errors"; }, [](const ConsoleSent&) { return "console-sent"; },
          [](const CommandRun&) { return "command-run"; },       [](const StepStarted&) { return "step-started"; },
          [](const StepEnded&) { return "step-ended"; },         [](const FaultSeen&) { return "fault-seen"; },
          [](const StopRequested&) { return "stop-requested"; }, [](const MadeSafe&) { return "made-safe"; },
          [](const HostLoad&) { return "host-load"; },           [](const Note&) { return "note"; },
          [](const MarkerSeen&) { return "marker-seen"; },       [](const FailureSeen&) { return "failure-seen"; },
      },
      body);
}

}  // namespace coldboot
