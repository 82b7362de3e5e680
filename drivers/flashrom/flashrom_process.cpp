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

#include "harness/io/child.hpp"
#include "harness/io/wake.hpp"

namespace coldboot {
namespace {

constexpr std::uint64_t most_taken_at_once = std::uint64_t{256} * 1024;
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
  RunningFlashrom(Child child, FlashromWatch watch) : child_(std::move(child)), watch_(std::move(watch)) {}

  /// Waits for its end; nothing when it ended by itself.
  std::optional<Fault> await_end(const Until& until, int stop) {
    while (true) {
      const bool let_run = watch_.is_changing();
      std::array<pollfd, 3> waiting{pollfd{child_.end_descriptor(), POLLIN, 0},
                                    pollfd{child_.output_descriptor(), POLLIN, 0},
                                    pollfd{let_run ? -1 : stop, POLLIN, 0}};
      ::poll(waiting.data(), waiting.size(), milliseconds_until(watch_.deadline(until)));
      if (waiting[1].revents != 0) take_output();
      if (waiting[0].revents != 0) return std::nullopt;
      const bool is_late = std::chrono::steady_clock::now() >= watch_.deadline(until);
      const bool is_asked_to_stop = waiting[2].revents != 0;
      if (watch_.is_changing()) {
        if (is_late) return watch_.hung();
      } else if ((is_late || is_asked_to_stop) && halt_before_change()) {
        return watch_.cut(is_asked_to_stop);
      }
    }
  }

  /// After its end, or to end it.
  FlashromEnd take_end() {
    const int exit_status = child_.reap();
    take_all_output();
    return watch_.end(exit_status);
  }

 private:
  /// One piece of it; false when there was none.
  bool take_output() {
    std::array<char, 4096> buffer{};
    const ssize_t count = ::read(child_.output_descriptor(), buffer.data(), buffer.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return false;
    if (count <= 0) {
      child_.output_ended();
      return false;
    }
    watch_.take({buffer.data(), static_cast<std::size_t>(count)});
    return true;
  }

  /// What it has written so far. Somebody it left behind may write for ever: no more than is kept anyway.
  void take_all_output() {
    const std::uint64_t most = watch_.output_bytes() + most_taken_at_once;
    while (child_.output_descriptor() >= 0 && watch_.output_bytes() < most && take_output()) {
    }
  }

  /// Halts it and sees whether it has begun to change the chip. If so it goes on, and the answer is false.
  bool halt_before_change() {
    if (!watch_.may_change()) return true;
    child_.signal_group(SIGSTOP);
    siginfo_t seen{};
    const auto process = static_cast<id_t>(child_.end_descriptor());
    ::waitid(P_PIDFD, process, &seen, WSTOPPED | WEXITED | WNOWAIT);
    take_all_output();
    if (!watch_.is_changing()) return true;
    child_.signal_group(SIGCONT);
    return false;
  }

  Child child_;
  FlashromWatch watch_;
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
  RunningFlashrom flashrom(std::move(*child),
                           FlashromWatch(call.task, FlashromSide::outside, call.program, call.limits, on_progress));
  if (const auto fault = flashrom.await_end(until, stop->descriptor())) {
    (void)flashrom.take_end();
    return *fault;
  }
  return flashrom.take_end();
}

}  // namespace coldboot
