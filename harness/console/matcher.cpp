#include "harness/console/matcher.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "harness/console/echo.hpp"
#include "harness/console/text_cleaner.hpp"

namespace coldboot {
namespace {

constexpr std::size_t half_window = Matcher::window / 2;
constexpr std::size_t piece_size = 4096;  // raw bytes cleaned at once: bounds what one console holds
constexpr std::uint64_t nowhere = std::numeric_limits<std::uint64_t>::max();

/// Where the pieces of one feed() are worked on; of a thread, because no console needs it between two calls.
struct Workbench {
  std::vector<Prefilter::Candidate> candidates;
  std::vector<std::size_t> breaks;
};

Workbench& workbench() {
  thread_local Workbench of_this_thread;
  return of_this_thread;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

/// Whether cleaned text has anything to see.
struct Sight {
  bool anything = false;
  void text(std::uint64_t, std::string_view run) { anything = anything || !is_blank(run); }
  void line_break(std::uint64_t) { anything = true; }
};

}  // namespace

// Positions: an *index* counts in text_, a *position* counts all text of the console since the start (a line break is
// one), a *raw offset* counts the bytes as they came.
class Matcher::State {
 public:
  explicit State(std::shared_ptr<const PatternSet> patterns)
      : patterns_(std::move(patterns)), stream_(patterns_->prefilter()), progress_(patterns_->size()) {}

  void feed(std::string_view bytes, std::vector<RawHit>& hits) {
    hits_ = &hits;
    for (; bytes.size() > piece_size; bytes.remove_prefix(piece_size)) feed_piece(bytes.substr(0, piece_size));
    feed_piece(bytes);
  }

  void finish(std::vector<RawHit>& hits) {
    hits_ = &hits;
    if (!text_.empty()) {
      end_line(0, text_.size());
      ++line_;
      drop_text(text_.size());
    }
    echo_.give_up();
    judge_waiting();
  }

  [[nodiscard]] bool would_show(std::string_view bytes) const {
    TextCleaner cleaner = cleaner_;
    Sight sight;
    cleaner.feed(received_, bytes, sight);
    return sight.anything;
  }

  void sent(std::string_view bytes, std::uint64_t at_offset) { echo_.sent(bytes, at_offset); }

  // What the cleaner tells.
  void text(std::uint64_t raw_offset, std::string_view run) {
    map(raw_offset);
    text_.append(run);
    if (!echo_.idle()) echo_.text(raw_offset, run);
  }
  void line_break(std::uint64_t raw_offset) {
    map(raw_offset);
    workbench().breaks.push_back(text_.size());
    text_.push_back('\n');
  }

  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::size_t line() const { return line_; }

  [[nodiscard]] std::uint64_t undecided_from() const {
    std::uint64_t from = text_.empty() ? received_ : raw_of(text_begin_);
    for (const RawHit& hit : waiting_) from = std::min(from, hit.begin);
    return from;
  }

  [[nodiscard]] std::vector<std::size_t> gave_up() const {
    std::vector<std::size_t> patterns;
    for (std::size_t i = 0; i < progress_.size(); ++i) {
      if (progress_[i].gave_up) patterns.push_back(i);
    }
    return patterns;
  }

 private:
  /// From text position `text` on, text and raw bytes run in step.
  struct Step {
    std::uint64_t text = 0;
    std::uint64_t raw = 0;
  };

  /// How far one pattern has got in the current line.
  struct Progress {
    std::uint64_t search_from = 0;  ///< position
    std::uint64_t held_begin = nowhere;
    std::uint64_t held_end = nowhere;
    std::size_t line = 0;  ///< the line the rest is about
    bool gave_up = false;  ///< once, on any line
  };

  /// A match of a whole_line pattern, waiting for the end of its line.
  struct LineHit {
    RawHit hit;
    std::uint64_t text_end = 0;  ///< position
    bool announced = false;
  };

  void map(std::uint64_t raw_offset) {
    const std::uint64_t position = text_begin_ + text_.size();
    if (!steps_.empty() && raw_offset - steps_.back().raw == position - steps_.back().text) return;
    steps_.push_back({position, raw_offset});
  }

  [[nodiscard]] std::uint64_t raw_of(std::uint64_t position) const {
    const auto after = std::upper_bound(steps_.begin(), steps_.end(), position,
                                        [](std::uint64_t wanted, const Step& step) { return wanted < step.text; });
    const Step& step = *(after - 1);
    return step.raw + (position - step.text);
  }

  void feed_piece(std::string_view piece) {
    Workbench& work = workbench();
    work.breaks.clear();
    work.candidates.clear();
    const std::size_t fresh = text_.size();
    cleaner_.feed(received_, piece, *this);
    received_ += piece.size();
    stream_.scan(std::string_view(text_).substr(fresh), work.candidates);
    match_lines(work);
    if (!waiting_.empty()) judge_waiting();
    if (!echo_.idle()) echo_.forget_before(undecided_from());
  }

  /// Matches every line the fresh text ended, and looks into the one it left open.
  void match_lines(Workbench& work) {
    auto& candidates = work.candidates;
    const auto earlier = [](const auto& a, const auto& b) { return a.end < b.end; };
    if (!std::is_sorted(candidates.begin(), candidates.end(), earlier)) {
      std::sort(candidates.begin(), candidates.end(), earlier);
    }
    std::size_t next = 0;
    std::size_t begin = 0;
    for (const std::size_t end : work.breaks) {
      for (; next < candidates.size() && candidates[next].end <= text_begin_ + end; ++next) {
        ask_about(candidates[next].pattern, begin);
      }
      // A candidate that takes in the line break itself is no match within a line.
      while (next < candidates.size() && candidates[next].end == text_begin_ + end + 1) ++next;
      end_line(begin, end);
      ++line_;
      begin = end + 1;
    }
    for (; next < candidates.size(); ++next) ask_about(candidates[next].pattern, begin);
    begin = look_into_open_line(begin);
    drop_text(begin);
  }

  void ask_about(std::size_t pattern, std::size_t line_begin) {
    Progress& progress = progress_[pattern];
    if (progress.line == line_) return;
    progress.line = line_;
    progress.search_from = first_begin(line_begin);
    progress.held_begin = nowhere;
    progress.held_end = nowhere;
    asked_.push_back(static_cast<std::uint32_t>(pattern));
  }

  /// Where a match may begin: the first byte of a window that was moved on is there to be looked back at.
  [[nodiscard]] std::uint64_t first_begin(std::size_t window_begin) const {
    return text_begin_ + window_begin + (line_start_ ? 0 : 1);
  }

  void ask_about_unfiltered(std::size_t line_begin) {
    for (const std::size_t pattern : patterns_->unfiltered()) ask_about(pattern, line_begin);
  }

  void end_line(std::size_t begin, std::size_t end) {
    if (end > begin) {
      ask_about_unfiltered(begin);
      begin = shift_window(begin, end);
      for (const std::size_t pattern : asked_) search(pattern, begin, end, Regex::Mode::closed);
    }
    if (!line_hits_.empty()) deliver_line_hits(begin, end);
    asked_.clear();
    line_start_ = true;
  }

  /// Returns where the window of the line begins now.
  std::size_t look_into_open_line(std::size_t begin) {
    const std::size_t end = text_.size();
    if (end == begin) return begin;
    ask_about_unfiltered(begin);
    begin = shift_window(begin, end);
    for (const std::size_t pattern : asked_) search(pattern, begin, end, Regex::Mode::open);
    if (!line_hits_.empty()) announce_line_hits(begin, end);
    return begin;
  }

  /// Moves the window on by half its size as often as the line fills it.
  std::size_t shift_window(std::size_t begin, std::size_t end) {
    while (end - begin >= window) {
      for (const std::size_t pattern : asked_) search_full_window(pattern, begin);
      if (!line_hits_.empty()) deliver_line_hits(begin, begin + window);
      begin += half_window;
      line_start_ = false;
    }
    return begin;
  }

  /// Reports the matches of one pattern from where it had got to.
  void search(std::size_t pattern, std::size_t begin, std::size_t end, Regex::Mode mode) {
    const std::string_view subject = std::string_view(text_).substr(begin, end - begin);
    const std::uint64_t base = text_begin_ + begin;
    Progress& progress = progress_[pattern];
    while (progress.search_from < base + subject.size()) {
      const Regex::Match match = find(pattern, subject, progress.search_from - base, mode);
      if (match.outcome == Regex::Outcome::match) {
        deliver_match(pattern, subject, base, match);
        progress.search_from = base + match.end;
      } else if (match.outcome == Regex::Outcome::partial) {
        progress.search_from = base + match.begin;
        hold(pattern, subject, base);
        return;
      } else {
        progress.search_from = match.outcome == Regex::Outcome::none ? base + subject.size() : nowhere;
      }
    }
  }

  /// The same where the window is full: what begins where the next window cannot find it any more ends now.
  void search_full_window(std::size_t pattern, std::size_t begin) {
    const std::string_view subject = std::string_view(text_).substr(begin, window);
    const std::uint64_t base = text_begin_ + begin;
    Progress& progress = progress_[pattern];
    while (progress.search_from < base + window) {
      Regex::Match match = find(pattern, subject, progress.search_from - base, Regex::Mode::open);
      if (match.outcome == Regex::Outcome::partial) {
        if (match.begin > half_window) {
          progress.search_from = base + match.begin;
          return;
        }
        match = find(pattern, subject, match.begin, Regex::Mode::closed);
        if (match.outcome == Regex::Outcome::match && match.begin > half_window) match = {};
        if (match.outcome == Regex::Outcome::none) {
          progress.search_from = base + half_window + 1;
          return;
        }
      }
      if (match.outcome == Regex::Outcome::match) {
        deliver_match(pattern, subject, base, match);
        progress.search_from = base + match.end;
      } else {
        progress.search_from = match.outcome == Regex::Outcome::none ? base + window : nowhere;
      }
    }
  }

  Regex::Match find(std::size_t pattern, std::string_view subject, std::size_t from, Regex::Mode mode) {
    const Regex::Match match = patterns_->regex(pattern).find(subject, from, mode, line_start_);
    if (match.outcome == Regex::Outcome::gave_up) progress_[pattern].gave_up = true;
    return match;
  }

  [[nodiscard]] RawHit hit_of(std::size_t pattern, std::string_view subject, std::uint64_t base,
                              const Regex::Match& match) const {
    RawHit hit;
    hit.pattern = pattern;
    hit.begin = raw_of(base + match.begin);
    hit.end = raw_of(base + match.end - 1) + 1;
    hit.line = line_;
    hit.text = subject.substr(match.begin, match.end - match.begin);
    hit.captures = patterns_->regex(pattern).captures(subject);
    return hit;
  }

  void deliver_match(std::size_t pattern, std::string_view subject, std::uint64_t base, const Regex::Match& match) {
    RawHit hit = hit_of(pattern, subject, base, match);
    if (patterns_->pattern(pattern).whole_line) {
      line_hits_.push_back({std::move(hit), base + match.end, false});
    } else {
      deliver(std::move(hit));
    }
  }

  /// Says what an open match is so far, if that is anything and new.
  void hold(std::size_t pattern, std::string_view subject, std::uint64_t base) {
    Progress& progress = progress_[pattern];
    const Regex::Match match = find(pattern, subject, progress.search_from - base, Regex::Mode::closed);
    if (match.outcome != Regex::Outcome::match) return;
    if (progress.held_begin == base + match.begin && progress.held_end == base + match.end) return;
    progress.held_begin = base + match.begin;
    progress.held_end = base + match.end;
    RawHit hit = hit_of(pattern, subject, base, match);
    if (patterns_->pattern(pattern).whole_line) {
      hit.line_text = subject;
      hit.blank_after = is_blank(subject.substr(match.end));
    }
    announce(std::move(hit));
  }

  void complete(LineHit& line_hit, std::size_t begin, std::size_t end) const {
    const std::string_view line = std::string_view(text_).substr(begin, end - begin);
    line_hit.hit.line_text = line;
    line_hit.hit.blank_after = is_blank(line.substr(line_hit.text_end - text_begin_ - begin));
  }

  void deliver_line_hits(std::size_t begin, std::size_t end) {
    for (LineHit& line_hit : line_hits_) {
      complete(line_hit, begin, end);
      deliver(std::move(line_hit.hit));
    }
    line_hits_.clear();
  }

  void announce_line_hits(std::size_t begin, std::size_t end) {
    for (LineHit& line_hit : line_hits_) {
      if (std::exchange(line_hit.announced, true)) continue;
      complete(line_hit, begin, end);
      announce(line_hit.hit);
    }
  }

  void announce(RawHit hit) {
    hit.held = true;
    if (echo_.idle() || echo_.judge(hit.begin, hit.end) == EchoFinder::Verdict::console) {
      hits_->push_back(std::move(hit));
    }
  }

  void deliver(RawHit hit) {
    const auto verdict = echo_.idle() ? EchoFinder::Verdict::console : echo_.judge(hit.begin, hit.end);
    if (verdict == EchoFinder::Verdict::console) {
      hits_->push_back(std::move(hit));
    } else if (verdict == EchoFinder::Verdict::undecided) {
      waiting_.push_back(std::move(hit));
    }
  }

  void judge_waiting() {
    for (RawHit& hit : std::exchange(waiting_, {})) deliver(std::move(hit));
  }

  void drop_text(std::size_t count) {
    text_.erase(0, count);
    text_begin_ += count;
    if (text_.empty()) {
      steps_.clear();
      return;
    }
    const auto after = std::upper_bound(steps_.begin(), steps_.end(), text_begin_,
                                        [](std::uint64_t wanted, const Step& step) { return wanted < step.text; });
    steps_.erase(steps_.begin(), after - 1);
  }

  std::shared_ptr<const PatternSet> patterns_;
  TextCleaner cleaner_;
  PrefilterStream stream_;
  EchoFinder echo_;
  std::uint64_t received_ = 0;
  std::size_t line_ = 1;
  bool line_start_ = true;            ///< the window begins where its line does
  std::string text_;                  ///< the open line's window; while a piece is matched, its text too
  std::uint64_t text_begin_ = 0;      ///< position of text_[0]
  std::vector<Step> steps_;           ///< covers text_
  std::vector<Progress> progress_;    ///< by pattern
  std::vector<std::uint32_t> asked_;  ///< patterns PCRE2 is asked about in the current line
  std::vector<LineHit> line_hits_;
  std::vector<RawHit> waiting_;  ///< maybe echo
  std::vector<RawHit>* hits_ = nullptr;
};

Matcher::Matcher(std::shared_ptr<const PatternSet> patterns) : state_(std::make_unique<State>(std::move(patterns))) {}
Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

void Matcher::feed(std::string_view bytes, std::vector<RawHit>& hits) {
  state_->feed(bytes, hits);
}

bool Matcher::would_show(std::string_view bytes) const {
  return state_->would_show(bytes);
}

void Matcher::sent(std::string_view bytes, std::uint64_t at_offset) {
  state_->sent(bytes, at_offset);
}

void Matcher::finish(std::vector<RawHit>& hits) {
  state_->finish(hits);
}

std::uint64_t Matcher::received() const {
  return state_->received();
}

std::size_t Matcher::line() const {
  return state_->line();
}

std::uint64_t Matcher::undecided_from() const {
  return state_->undecided_from();
}

std::vector<std::size_t> Matcher::gave_up() const {
  return state_->gave_up();
}

}  // namespace coldboot
