#include "drivers/flashrom/remote_flashrom.hpp"

#include <algorithm>
#include <poll.h>
#include <stop_token>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/core/units.hpp"

namespace coldboot {
namespace {

constexpr int pause_between_connections_ms = 1000;

/// Without the bytes that only show that the connection lives.
std::string text_alone(std::string_view payload) {
  std::string text(payload);
  std::erase(text, '\0');
  return text;
}

Fault never_started(const Fault& why) {
  const std::string because = why.what().empty() ? "" : ": " + why.what();
  return Fault(why.what().empty() ? Cause::io : why.cause(), "",
               fmt::format("flashrom was not started on the DUT; the chip was not changed{}", because), why.hint());
}

}  // namespace

Result<FlashromEnd> RemoteFlashrom::run(const std::vector<std::string>& command) {
  const auto stop = Wake::make();
  if (!stop) return stop.error();
  const std::stop_callback on_stop(until_.stop, [&stop] { stop->ring(); });
  std::string script = start_script(step_, command);
  may_still_run_ = true;
  while (true) {
    auto end = over_one_connection(script, stop->descriptor());
    if (!end) return end.error();
    if (*end) {
      may_still_run_ = false;
      return std::move(**end);
    }
    if (!lost_since_) lost_since_ = std::chrono::steady_clock::now();
    if (is_due()) {
      if (const auto fault = act()) return *fault;
    }
    if (std::chrono::steady_clock::now() >= *lost_since_ + shell_.reach_limit) return given_up(broken_);
    pollfd stopping{may_be_cut() ? stop->descriptor() : -1, POLLIN, 0};
    ::poll(&stopping, 1, pause_between_connections_ms);
    script = follow_script(step_);
  }
}

/// To its end; nothing when the connection broke off.
Result<std::optional<FlashromEnd>> RemoteFlashrom::over_one_connection(const std::string& script, int stop) {
  watch_.start_over();
  taken_ = 0;
  auto run = RemoteRun::start(shell_, script);
  if (!run) {
    broken_ = run.error();
    return std::optional<FlashromEnd>();
  }
  while (true) {
    switch (follow(*run, stop)) {
      case Seen::ended: {
        auto end = end_of(*run);
        if (!end) return end.error();
        return std::optional(std::move(*end));
      }
      case Seen::broken: broken_ = run->broken(); return std::optional<FlashromEnd>();
      case Seen::due:
        if (auto fault = act()) return *fault;
    }
  }
}

bool RemoteFlashrom::is_due() const {
  if (is_ending_) return false;
  return std::chrono::steady_clock::now() >= watch_.deadline(until_) ||
         (!watch_.is_changing() && until_.stop.stop_requested());
}

RemoteFlashrom::Seen RemoteFlashrom::follow(RemoteRun& run, int stop) {
  while (true) {
    const Instant silent_at = run.last_moved() + shell_.reach_limit;
    run.wait(is_ending_ ? silent_at : std::min(silent_at, watch_.deadline(until_)), may_be_cut() ? stop : -1);
    take(run);
    if (run.has_ended()) return framed_output(run.bytes()).status ? Seen::ended : Seen::broken;
    if (is_due()) return Seen::due;
    if (std::chrono::steady_clock::now() >= run.last_moved() + shell_.reach_limit) return Seen::broken;
  }
}

void RemoteFlashrom::take(const RemoteRun& run) {
  const FramedOutput output = framed_output(run.bytes());
  if (output.has_begun) lost_since_.reset();
  if (output.payload.size() <= taken_) return;
  watch_.take(text_alone(output.payload.substr(taken_)));
  taken_ = output.payload.size();
}

Result<FlashromEnd> RemoteFlashrom::end_of(const RemoteRun& run) {
  const FramedOutput output = framed_output(run.bytes());
  const std::string text = text_alone(output.payload);
  if (text.starts_with(answer_never)) {
    may_still_run_ = false;
    const std::string said = printable_line(run.complaint());
    return never_started(broken_.what().empty() && !said.empty() ? Fault(Cause::io, "", said) : broken_);
  }
  if (text.ends_with(fmt::format("{}\n", answer_gone))) {
    may_still_run_ = false;
    watch_.assume_change();
    return Fault(
        Cause::lost, "",
        fmt::format("flashrom is gone from the DUT while {}, and no status of it is left{}", watch_.doing(),
                    watch_.may_change() ? ": what the chip holds now is not known" : ""),
        watch_.may_change() ? std::string(mend_advice(FlashromSide::inside)) : "see whether the DUT was started anew");
  }
  // Once more as a whole: a piece of the mark behind it may have been taken for output.
  watch_.start_over();
  watch_.take(text);
  return watch_.end(*output.status);
}

/// A limit has passed, or somebody asks to stop. Nothing, when it goes on.
std::optional<Fault> RemoteFlashrom::act() {
  if (watch_.is_changing()) return kill();
  return cut();
}

std::optional<Fault> RemoteFlashrom::cut() {
  const auto answer = ask(cut_script(step_));
  if (!answer) return unanswered(answer.error());
  unanswered_since_.reset();
  if (*answer == answer_cut) {
    may_still_run_ = false;
    return watch_.cut(until_.stop.stop_requested());
  }
  if (*answer == answer_runs) watch_.assume_change();
  if (*answer == answer_ended) is_ending_ = true;
  return std::nullopt;
}

std::optional<Fault> RemoteFlashrom::kill() {
  const auto answer = ask(kill_script(step_));
  if (!answer) return unanswered(answer.error());
  if (*answer == answer_ended) {
    is_ending_ = true;
    return std::nullopt;
  }
  may_still_run_ = false;
  return watch_.hung();
}

/// What the DUT was asked to do is asked again, for as long as it may be out of reach.
std::optional<Fault> RemoteFlashrom::unanswered(const Fault& why) {
  const Instant now = std::chrono::steady_clock::now();
  if (!unanswered_since_) unanswered_since_ = now;
  if (now >= *unanswered_since_ + shell_.reach_limit) return given_up(why);
  ::poll(nullptr, 0, pause_between_connections_ms);
  return std::nullopt;
}

/// Nobody can say any more what it does there.
Fault RemoteFlashrom::given_up(const Fault& why) {
  const std::string doing = watch_.doing();
  watch_.assume_change();
  const bool changes = watch_.may_change();
  return Fault(
      Cause::lost, "",
      fmt::format("the DUT could not be reached again in {}, while flashrom there was {}: {}; flashrom goes on "
                  "by itself{}",
                  duration_text(shell_.reach_limit), doing, why.what(),
                  changes ? ", and what the chip holds now is not known" : ""),
      changes ? fmt::format("do not restart the DUT or take its power away: reach it again, look at {} there, "
                            "and write a good image",
                            step_.path("out"))
              : "check the DUT and its network");
}

/// Not for those who ask to stop: it is how they are served.
Result<std::string> RemoteFlashrom::ask(const std::string& script) const {
  auto answer = run_there(shell_, script, Until());
  if (!answer) return answer.error();
  return answer->payload.substr(0, answer->payload.find('\n'));
}

}  // namespace coldboot
