#pragma once

#include <string>

#include "harness/event/console_record.hpp"
#include "harness/measure/record.hpp"

namespace coldboot {

/// What a boot came to, and the one line that says why.
struct Judgement {
  Verdict verdict = Verdict::pass;
  std::string reason;  ///< empty for pass
  std::string type;    ///< short token: deadline, panic, console-lost, no-sign-of-life, ...
};

/// Judges one boot from its events and what was found on its consoles (`result` filled but for the verdict).
/// Precedence: aborted > error > fail > inconclusive > pass. A fatal failure on the console beats steps that passed
/// later. A board that never said a byte is the bench's error unless its power switch proved that power was on.
Judgement judge_boot(const BootRecord& record, const BootResult& result);

}  // namespace coldboot
