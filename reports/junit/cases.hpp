#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/measure/record.hpp"

namespace coldboot::junit {

// A run as JUnit sees it, before it is XML. All text here went through report_text() or report_line().

/// What a reader of the file may be told about a case.
enum class Outcome { passed, failure, error, skipped };

/// fail and inconclusive are failures of the DUT's case, error and aborted are ours.
Outcome outcome_of(Verdict verdict);

struct Case {
  std::string classname;  ///< "<bench>.<configuration>"; for the whole run "<bench>.<scenario>"
  std::string name;       ///< unique together with classname, equal from night to night
  Verdict verdict = Verdict::pass;
  std::string type;               ///< short token: "limit", "deadline", "relay"; empty for a pass
  std::string message;            ///< one line
  std::string detail;             ///< further lines
  std::string output;             ///< figures, console excerpt, attachments
  std::int64_t milliseconds = 0;  ///< wall time the harness spent on it, not what was measured
};

struct Suite {
  std::string name;
  std::string timestamp;  ///< "2026-11-22T10:20:30Z", or empty where unknown
  std::vector<std::pair<std::string, std::string>> properties;
  std::vector<Case> cases;
};

/// One suite per bench. The first also holds the limits and the case of the run itself.
std::vector<Suite> suites_of(const RunResult& run);

/// Seconds with exactly three digits after a point: "86400.500". The same in every locale.
std::string decimal_seconds(std::int64_t milliseconds);

/// Rounded to the nearest; a negative duration is 0.
std::int64_t milliseconds_of(Nanos duration);

}  // namespace coldboot::junit
