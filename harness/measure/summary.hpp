#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/measure/limit.hpp"
#include "harness/measure/record.hpp"

namespace coldboot {

/// A configuration as the run knows it before anything is booted.
struct ConfigurationInputs {
  std::string name;
  std::string bench;
  std::string profile;
  std::map<std::string, std::string> declared;  ///< attribute -> text
};

/// A limit to be judged.
struct LimitInputs {
  std::string id;
  std::string that;  ///< as written
  bool gate = true;  ///< false: shown, never decides
  LimitExpression expression;
};

/// What a run is judged with beside its boots.
struct RunInputs {
  std::string scenario;
  std::string title;
  std::string requirement;
  std::string host;
  std::string version;
  std::string folder;
  std::string started_utc;
  Nanos took{};
  std::vector<ConfigurationInputs> configurations;  ///< in file order; the first is what others are compared with
  std::vector<LimitInputs> limits;
  std::vector<std::string> must_match;  ///< attributes that have to be the same in all configurations
  int bench_retries = 0;                ///< so many boots lost to the bench do not decide
};

/// Brings the boots of a run together: a summary for each configuration, comparisons with the first one, limits,
/// the run's verdict and the one line that explains it.
RunResult summarise(const RunInputs& inputs, std::vector<BootResult> boots);

}  // namespace coldboot
