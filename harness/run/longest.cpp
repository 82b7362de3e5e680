#include "harness/run/longest.hpp"

#include <algorithm>

namespace coldboot {
namespace {

class LongestStep {
 public:
  LongestStep(const Configuration& configuration, const BenchFile& bench)
      : configuration_(configuration), bench_(bench) {}

  Nanos operator()(const PowerOnStep&) const { return bench_.power.off_min; }
  Nanos operator()(const PowerOffStep& step) const {
    const auto& shutdown = configuration_.plan.shutdown;
    return step.how == PowerOff::clean && shutdown ? shutdown->within : Nanos(0);
  }
  Nanos operator()(const PowerCycleStep& step) const {
    return std::max(step.off.value_or(Nanos(0)), bench_.power.off_min);
  }
  Nanos operator()(const ExpectStep& step) const { return step.within; }
  Nanos operator()(const SendStep&) const { return Nanos(0); }
  Nanos operator()(const WaitStep& step) const { return step.length; }
  Nanos operator()(const RunStep& step) const { return step.within; }

 private:
  const Configuration& configuration_;
  const BenchFile& bench_;
};

}  // namespace

Nanos longest(const Scenario& scenario, const BenchFile& bench) {
  Nanos once{};
  for (const Configuration& configuration : scenario.configurations) {
    for (const Step& step : configuration.steps) once += std::visit(LongestStep(configuration, bench), step.what);
  }
  return once * scenario.boots;
}

}  // namespace coldboot
