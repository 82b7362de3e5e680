#pragma once

#include "harness/core/result.hpp"
#include "harness/event/event.hpp"

namespace coldboot {

/// The worse of two verdicts: aborted > error > fail > inconclusive > pass > skipped.
[[nodiscard]] constexpr Verdict worse_of(Verdict a, Verdict b) {
  return a < b ? b : a;
}

/// Exit statuses of the program, as documented for CI systems.
namespace exit_code {
inline constexpr int pass = 0;
inline constexpr int fail = 1;
inline constexpr int usage = 2;  ///< a mistake on the command line or in a file
inline constexpr int error = 3;  ///< the bench let us down
inline constexpr int inconclusive = 4;
inline constexpr int nothing_ran = 5;
inline constexpr int busy = 75;          ///< somebody else holds the bench (EX_TEMPFAIL of sysexits.h)
inline constexpr int signal_base = 128;  ///< plus the signal's number
}  // namespace exit_code

/// The exit status of a run that came to `verdict`; `signal` is the one that stopped it, 0 for none.
[[nodiscard]] constexpr int exit_status(Verdict verdict, int signal = 0) {
  if (signal > 0) return exit_code::signal_base + signal;
  switch (verdict) {
    case Verdict::pass: return exit_code::pass;
    case Verdict::fail: return exit_code::fail;
    case Verdict::inconclusive: return exit_code::inconclusive;
    case Verdict::skipped: return exit_code::nothing_ran;
    case Verdict::error:
    case Verdict::aborted: return exit_code::error;
  }
  return exit_code::error;
}

/// The exit status of a run that could not begin.
[[nodiscard]] constexpr int exit_status(Cause cause) {
  switch (cause) {
    case Cause::mistake: return exit_code::usage;
    case Cause::busy: return exit_code::busy;
    case Cause::dut: return exit_code::fail;
    default: return exit_code::error;
  }
}

}  // namespace coldboot
