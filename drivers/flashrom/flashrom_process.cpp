#include "drivers/flashrom/flashrom_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <poll.h>
#include <stop_token>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/core/units.hpp"
#include "harness/io/child.hpp"
#include "harness/io/kept_output.hpp"
#include "harness/io/wake.hpp"

namespace coldboot {
namespace {

constexpr std::size_t most_kept = 256 * 1024;
constexpr std::string_view administrators_folders = ":/usr/local/sbin:/usr/sbin:/sbin";
constexpr int longest_poll_ms = 3'600'000;

/// Messages in English; a place in PATH where Debian puts flashrom and users' shells do not look; and no end by SIGPIPE
/// in the middle of a write, should we die and leave its output without a reader.
std::vector<std::string> command_of(const FlashromCall& call) {
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nobody changes it
  std::vector<std::string> argv{
      "env", "--ignore-signal=PIPE", "LC_ALL=C",
      fmt::format("PATH={}{}", path == nullptr ? "/usr/bin:/bin" : path, administrators_folders), call.program};
  argv.insert(argv.end(), call.arguments.begin(), call.arguments.end());
  return argv;
}

int milliseconds_until(Instant deadline) {
  if (deadline == Instant::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, longest_poll_ms));
}

/// A flashrom that runs, and what it has said so far.
class RunningFlashrom {
 public:
  RunningFlashrom(Child child, const FlashromCall& call, const std::function<void(const FlashProgress&)>& on_progress)
      : child_(std::move(child)), call_(call), on_progress_(on_progress) {
    tell_stage();
  }

  /// Waits for its end; nothing when it ended by itself.
  std::optional<Fault> await_end(const Until& until, int stop) {
    while (true) {
      const bool let_run = is_changing();
      std::array<pollfd, 3> waiting{pollfd{child_.end_descriptor(), POLLIN, 0},
                                    pollfd{child_.output_descriptor(), POLLIN, 0},
                                    pollfd{let_run ? -1 : stop, POLLIN, 0}};
      ::poll(waiting.data(), waiting.size(), milliseconds_until(deadline(until)));
      if (waiting[1].revents != 0) take_output();
      if (waiting[0].revents != 0) return std::nullopt;
      const bool is_late = std::chrono::steady_clock::now() >= deadline(until);
      const bool is_asked_to_stop = waiting[2].revents != 0;
      if (is_changing()) {
        if (is_late) return hung();
      } else if ((is_late || is_asked_to_stop) && halt_before_change()) {
        return cut(is_asked_to_stop);
      }
    }
  }

  /// After its end, or to end it.
  FlashromEnd take_end() {
    const int exit_status = child_.reap();
    take_all_output();
    return {.task = call_.task, .exit_status = exit_status, .output = kept_.text(), .stage = stages_.stage()};
  }

 private:
  [[nodiscard]] bool may_change() const {
    return call_.task == FlashromTask::write || call_.task == FlashromTask::erase;
  }
  [[nodiscard]] bool is_changing() const { return may_change() && stages_.has_begun_to_change(); }
  [[nodiscard]] Nanos limit_of_stage() const {
    return stages_.stage() == FlashStage::erasing_and_writing ? call_.write_limit : call_.read_limit;
  }

  /// Of the stage it is in; that of whoever waits does not count while the chip changes.
  [[nodiscard]] Instant deadline(const Until& until) const {
    const Instant limit = since_ + limit_of_stage();
    return is_changing() ? limit : std::min(limit, until.deadline);
  }

  void tell_stage() {
    since_ = std::chrono::steady_clock::now();
    if (on_progress_) on_progress_({.stage = stages_.stage(), .since = since_});
  }

  /// One piece of it; false when there was none.
  bool take_output() {
    std::array<char, 4096> buffer{};
    const ssize_t count = ::read(child_.output_descriptor(), buffer.data(), buffer.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return false;
    if (count <= 0) {
      child_.output_ended();
      return false;
    }
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    kept_.add(bytes);
    if (stages_.take(bytes)) tell_stage();
    return true;
  }

  /// What it has written so far. Somebody it left behind may write for ever: no more than is kept anyway.
  void take_all_output() {
    const std::uint64_t most = kept_.size() + most_kept;
    while (child_.output_descriptor() >= 0 && kept_.size() < most && take_output()) {
    }
  }

  /// Halts it and sees whether it has begun to change the chip. If so it goes on, and the answer is false.
  bool halt_before_change() {
    if (!may_change()) return true;
    child_.signal_group(SIGSTOP);
    siginfo_t seen{};
    const auto process = static_cast<id_t>(child_.end_descriptor());
    ::waitid(P_PIDFD, process, &seen, WSTOPPED | WEXITED | WNOWAIT);
    take_all_output();
    if (!is_changing()) return true;
    child_.signal_group(SIGCONT);
    return false;
  }

  [[nodiscard]] std::string doing() const {
    return fmt::format("{} after {}", name_of(stages_.stage()),
                       seconds_text(std::chrono::steady_clock::now() - since_));
  }

  [[nodiscard]] Fault cut(bool on_request) const {
    const std::string chip = may_change() ? "; the chip was not changed" : "";
    if (on_request)
      return Fault(Cause::stopped, call_.program, fmt::format("ended on request, still {}{}", doing(), chip));
    return Fault(Cause::timeout, call_.program, fmt::format("still {}{}", doing(), chip),
                 "check the programmer; a slow one needs a longer read-limit");
  }

  [[nodiscard]] Fault hung() const {
    const bool is_written = stages_.stage() == FlashStage::verifying;
    return Fault(Cause::timeout, call_.program,
                 fmt::format("still {}: taken for hung and killed, {}", doing(),
                             is_written ? "the chip was written, but nobody knows whether rightly"
                                        : "what the chip holds now is undefined"),
                 "leave the DUT without power, check the programmer and write a good image; a slow chip needs a longer "
                 "write-limit");
  }

  Child child_;
  const FlashromCall& call_;
  const std::function<void(const FlashProgress&)>& on_progress_;
  FlashromStages stages_;
  KeptOutput kept_{most_kept};
  Instant since_{};  // when its stage was seen to begin
};

}  // namespace

Result<FlashromEnd> run_flashrom(const FlashromCall& call, const Until& until,
                                 const std::function<void(const FlashProgress&)>& on_progress) {
  if (until.stop.stop_requested()) return Fault(Cause::stopped, call.program, "not started, we were asked to stop");
  const auto stop = Wake::make();
  if (!stop) return stop.error();
  const std::stop_callback on_stop(until.stop, [&stop] { stop->ring(); });
  ChildStart how;
  how.directory = call.directory;
  how.own_session = true;
  if (call.lock >= 0) how.descriptors.push_back(call.lock);
  auto child = Child::start(command_of(call), how);
  if (!child) return child.error();
  RunningFlashrom flashrom(std::move(*child), call, on_progress);
  if (const auto fault = flashrom.await_end(until, stop->descriptor())) {
    (void)flashrom.take_end();
    return *fault;
  }
  return flashrom.take_end();
}

}  // namespace coldboot
