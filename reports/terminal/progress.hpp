#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "harness/core/clock.hpp"
#include "reports/terminal/style.hpp"

namespace coldboot {

/// What is going on at one moment of a run.
struct Progress {
  std::string configuration;
  int boot = 0;           ///< from 1
  int boots = 0;          ///< of this configuration
  std::string stage;      ///< span or step it is in
  Nanos elapsed{};        ///< since t0 of the boot
  std::string last_line;  ///< of the console
};

/// Keeps a person informed while a run goes on. On a live terminal one line, rewritten ten times a second at most and
/// gone at the end; anywhere else one plain line per stage, without control sequences. To be used from one thread.
class ProgressLine {
 public:
  ProgressLine(std::ostream& out, bool live, TerminalStyle style);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// `now` is when it is shown, on any one clock. A new stage is shown at once; what comes between two rewritings is
  /// left out.
  void show(const Progress& progress, Instant now);

  /// Takes the line away, for other output or at the end. The next show() brings it back.
  void clear();

 private:
  void rewrite(const Progress& progress);
  [[nodiscard]] bool is_new_stage(const Progress& progress) const;

  std::ostream& out_;
  bool live_;
  TerminalStyle style_;
  bool shown_ = false;
  std::optional<Instant> rewritten_;
  std::optional<Progress> stage_;  ///< the first of the stage being shown
};

}  // namespace coldboot
