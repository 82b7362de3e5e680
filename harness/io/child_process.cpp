#include "harness/io/child_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <stop_token>
#include <unistd.h>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/core/units.hpp"
#include "harness/io/child.hpp"
#include "harness/io/kept_output.hpp"
#include "harness/io/wake.hpp"

namespace coldboot {
namespace {

/// Takes one piece of what the pipe holds; false when there was nothing to take.
bool take_output(Child& child, KeptOutput& kept, const ChildOptions& options) {
  std::array<char, 65536> buffer{};
  const ssize_t count = ::read(child.output_descriptor(), buffer.data(), buffer.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return false;
  if (count <= 0) {
    child.output_ended();
    return false;
  }
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
  kept.add(bytes);
  if (options.on_output) options.on_output(bytes);
  return true;
}

/// Takes what the child had still written. Somebody who left its group may hold the pipe's other end and write for
/// ever, so no more than a pipe can hold.
void take_rest(Child& child, KeptOutput& kept, const ChildOptions& options) {
  if (child.output_descriptor() < 0) return;
  const std::uint64_t most = kept.size() + static_cast<std::uint64_t>(::fcntl(child.output_descriptor(), F_GETPIPE_SZ));
  while (kept.size() < most && take_output(child, kept, options)) {
  }
}

int poll_timeout(Instant deadline) {
  if (deadline == Instant::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
}

enum class Awaited { ended, deadline, stop };

/// Takes output until the child has ended, the deadline has passed, or `stop` (a descriptor, -1 for none) is readable.
Awaited await_end(Child& child, KeptOutput& kept, const ChildOptions& options, Instant deadline, int stop) {
  while (true) {
    std::array<pollfd, 3> waiting{pollfd{child.end_descriptor(), POLLIN, 0},
                                  pollfd{child.output_descriptor(), POLLIN, 0}, pollfd{stop, POLLIN, 0}};
    ::poll(waiting.data(), waiting.size(), poll_timeout(deadline));
    if (waiting[1].revents != 0) take_output(child, kept, options);
    if (waiting[0].revents != 0) return Awaited::ended;
    if (waiting[2].revents != 0) return Awaited::stop;
    if (std::chrono::steady_clock::now() >= deadline) return Awaited::deadline;
  }
}

/// Asks the group to end, gives it the grace time, and kills what is left.
void end_group(Child& child, KeptOutput& kept, const ChildOptions& options) {
  child.signal_group(SIGTERM);
  await_end(child, kept, options, std::chrono::steady_clock::now() + options.grace, -1);
  child.reap();
}

Fault unfinished(Awaited why, const std::string& program, Nanos ran, const KeptOutput& kept) {
  const std::string last = kept.last_line();
  const std::string said =
      last.empty() ? "it had written nothing" : fmt::format("last line \"{}\"", printable_line(last));
  if (why == Awaited::stop)
    return Fault(Cause::stopped, program, fmt::format("ended on request after {}, {}", seconds_text(ran), said));
  return Fault(Cause::timeout, program, fmt::format("had not ended after {}, {}", seconds_text(ran), said),
               "ended with all it had started");
}

}  // namespace

Result<ChildResult> run_child(const std::vector<std::string>& argv, const Until& until, const ChildOptions& options) {
  if (argv.empty() || argv[0].empty()) return Fault(Cause::mistake, "", "an empty command, expected a program");
  if (until.stop.stop_requested()) return Fault(Cause::stopped, argv[0], "not started, we were asked to stop");
  const auto stop = Wake::make();
  if (!stop) return stop.error();
  const std::stop_callback on_stop(until.stop, [&stop] { stop->ring(); });
  ChildResult result;
  KeptOutput kept(options.most_output);
  result.started = std::chrono::steady_clock::now();
  auto child = Child::start(argv, {.directory = options.directory, .input = options.input, .descriptors = {}});
  if (!child) return child.error();

  const Awaited why = await_end(*child, kept, options, until.deadline, stop->descriptor());
  result.ended = std::chrono::steady_clock::now();
  if (why != Awaited::ended) {
    end_group(*child, kept, options);
    return unfinished(why, argv[0], result.ended - result.started, kept);
  }
  result.exit_status = child->reap();
  take_rest(*child, kept, options);
  result.output = kept.text();
  result.output_bytes = kept.size();
  return result;
}

}  // namespace coldboot
