#include "reports/terminal/progress.hpp"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "reports/terminal/columns.hpp"

namespace coldboot {
namespace {

constexpr Nanos between_rewritings = std::chrono::milliseconds(100);
constexpr const char* erase_line = "\r\x1b[K";

std::string heading_of(const Progress& progress, const TerminalStyle& style) {
  return terminal_line(fmt::format("{} {}/{}  {}  {}", progress.configuration, progress.boot, progress.boots,
                                   seconds_text(std::max(progress.elapsed, Nanos{}), 1), progress.stage),
                       style);
}

}  // namespace

ProgressLine::ProgressLine(std::ostream& out, bool live, TerminalStyle style) : out_(out), live_(live), style_(style) {}

ProgressLine::~ProgressLine() {
  clear();
}

void ProgressLine::show(const Progress& progress, Instant now) {
  const bool new_stage = is_new_stage(progress);
  if (new_stage) stage_ = progress;
  if (!live_) {
    if (new_stage) out_ << heading_of(progress, style_) << '\n' << std::flush;
    return;
  }
  if (!new_stage && rewritten_ && now - *rewritten_ < between_rewritings) return;
  rewritten_ = now;
  rewrite(progress);
}

void ProgressLine::clear() {
  if (!shown_) return;
  out_ << erase_line << std::flush;
  shown_ = false;
  rewritten_.reset();
}

/// Leaves the last column free: many terminals wrap when it is written.
void ProgressLine::rewrite(const Progress& progress) {
  const auto room = static_cast<std::size_t>(std::max(style_.width - 1, 1));
  const std::string heading = cut_to(heading_of(progress, style_), room, style_);
  out_ << erase_line << inked(heading, Ink::heading, style_);
  const std::size_t used = display_width(heading) + 2;
  if (!progress.last_line.empty() && used < room) {
    out_ << "  " << inked(cut_to(terminal_line(progress.last_line, style_), room - used, style_), Ink::faint, style_);
  }
  out_ << std::flush;
  shown_ = true;
}

bool ProgressLine::is_new_stage(const Progress& progress) const {
  return !stage_ || stage_->configuration != progress.configuration || stage_->boot != progress.boot ||
         stage_->stage != progress.stage;
}

}  // namespace coldboot
