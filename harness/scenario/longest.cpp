#include "harness/scenario/longest.hpp"

#include <algorithm>

namespace coldboot {
namespace {

class LongestStep {
 public:
  LongestStep(const Configuration& configuration, const BenchFile* bench)
      : configuration_(configuration), off_min_(bench == nullptr ? Nanos(0) : bench->power.off_min) {}

  Nanos operator()(const PowerOnStep&) const { return off_min_; }
  Nanos operator()(const PowerOffStep& step) const {
    const auto& shutdown = configuration_.plan.shutdown;
    return step.how == PowerOff::clean && shutdown ? shutdown->within : Nanos(0);
  }
  Nanos operator()(const PowerCycleStep& step) const { return std::max(step.off.value_or(Nanos(0)), off_min_); }
  Nanos operator()(const ExpectStep& step) const { return step.within; }
  Nanos operator()(const SendStep&) const { return Nanos(0); }
  Nanos operator()(const WaitStep& step) const { return step.length; }
  Nanos operator()(const RunStep& step) const { return step.within; }
  Nanos operator()(const FlashStep&) const { return FlashStep::usual_limit; }
  Nanos operator()(const RecoverStep&) const { return FlashStep::usual_limit; }
  Nanos operator()(const MediaStep&) const { return MediaStep::usual_limit; }

 private:
  const Configuration& configuration_;
  Nanos off_min_;
};

}  // namespace

Nanos longest(const Scenario& scenario, const BenchFile* bench) {
  Nanos once{};
  for (const Configuration& configuration : scenario.configurations) {
    for (const Step& step : configuration.steps) once += std::visit(LongestStep(configuration, bench), step.what);
  }
  return once * scenario.boots;
}

}  // namespace coldboot
