#include "harness/io/child_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <stop_token>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>

#include <boost/asio/io_context.hpp>
#include <boost/process/v2/process.hpp>
#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/core/units.hpp"
#include "harness/io/descriptor.hpp"
#include "harness/io/kept_output.hpp"
#include "harness/io/wake.hpp"

namespace coldboot {
namespace {

Fault system_fault(const std::string& where, std::string_view call, int error) {
  return Fault(Cause::io, where, fmt::format("{}: {}", call, errno_text(error)));
}

/// What a child starts with; the C interface needs its own clean-up.
class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }

  void connect(int input, int output) {
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
  }

  void enter(const std::filesystem::path& directory) {
    if (!directory.empty()) posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str());
  }

  /// Starts argv; returns 0 or the error number.
  int spawn(const std::vector<std::string>& argv, pid_t& pid) {
    std::vector<char*> arguments;
    arguments.reserve(argv.size() + 1);
    for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    return posix_spawnp(&pid, arguments[0], &actions_, &attributes_, arguments.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// The text as a file to read from: unlike a pipe it takes it all at once, and a child that does not read it
/// breaks nothing.
Result<Descriptor> input_holding(const std::string& text, const std::string& where) {
  if (text.empty()) {
    Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!nothing.is_open()) return system_fault(where, "/dev/null", errno);
    return nothing;
  }
  Descriptor file(::memfd_create("input", MFD_CLOEXEC));
  if (!file.is_open()) return system_fault(where, "memfd_create", errno);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = ::write(file.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return system_fault(where, "keeping its input", errno);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::lseek(file.get(), 0, SEEK_SET) < 0) return system_fault(where, "lseek", errno);
  return file;
}

Fault spawn_fault(const std::string& program, const std::filesystem::path& directory, int error) {
  std::error_code ignored;
  if (!directory.empty() && !std::filesystem::is_directory(directory, ignored)) {
    return Fault(Cause::missing, program, fmt::format("no directory {} to run it in", directory.string()));
  }
  if (error == ENOENT) {
    return Fault(Cause::missing, program, "no such program",
                 program.find('/') == std::string::npos ? "install it, or give its full path" : "check the path");
  }
  return Fault(error == EACCES || error == ENOEXEC ? Cause::refused : Cause::io, program,
               fmt::format("could not be started: {}", errno_text(error)));
}

/// A child that runs: the process group it leads, its output, and how to see its end. Boost.Process owns the child and
/// waits for it; it is started here because Boost's launchers fork, which a program with threads must not. Until reap()
/// the group's number cannot be given to anybody else, so signals sent before that reach nobody else.
class RunningChild {
 public:
  static Result<RunningChild> start(const std::vector<std::string>& argv, const ChildOptions& options) {
    const std::string& program = argv[0];
    auto input = input_holding(options.input, program);
    if (!input) return input.error();
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_fault(program, "pipe", errno);
    Descriptor output(ends[0]);
    const Descriptor childs_output(ends[1]);
    ::fcntl(output.get(), F_SETFL, O_NONBLOCK);

    SpawnSettings settings;
    settings.connect(input->get(), childs_output.get());
    settings.enter(options.directory);
    pid_t pid = 0;
    if (const int error = settings.spawn(argv, pid); error != 0) return spawn_fault(program, options.directory, error);
    return RunningChild(pid, std::move(output));
  }

  RunningChild(RunningChild&& other) noexcept = default;
  RunningChild& operator=(RunningChild&&) = delete;
  RunningChild(const RunningChild&) = delete;
  RunningChild& operator=(const RunningChild&) = delete;
  ~RunningChild() {
    if (process_) reap();
  }

  /// Readable once the child has ended.
  [[nodiscard]] int end_descriptor() const { return end_.get(); }
  [[nodiscard]] int output_descriptor() const { return output_.get(); }
  void output_ended() { output_.close(); }

  void signal_group(int signal) const { ::kill(-process_->id(), signal); }

  /// Kills what is left of the group, the child included, and returns the child's exit status.
  int reap() {
    signal_group(SIGKILL);
    boost::system::error_code ignored;  // it is our child and has not been waited for
    process_->wait(ignored);
    const int status = process_->native_exit_code();
    process_.reset();
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  // Boost 1.81 does not give out the descriptor it waits on (its native_handle() does not compile), so it gets one of
  // ours and we keep a copy. glibc 2.36 declares pidfd_open for C only.
  RunningChild(pid_t pid, Descriptor output)
      : end_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
        context_(std::make_unique<boost::asio::io_context>()),
        process_(std::make_unique<boost::process::v2::process>(context_->get_executor(), pid,
                                                               ::fcntl(end_.get(), F_DUPFD_CLOEXEC, 3))),
        output_(std::move(output)) {}

  Descriptor end_;
  std::unique_ptr<boost::asio::io_context> context_;
  std::unique_ptr<boost::process::v2::process> process_;
  Descriptor output_;
};

/// Takes one piece of what the pipe holds; false when there was nothing to take.
bool take_output(RunningChild& child, KeptOutput& kept, const ChildOptions& options) {
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
void take_rest(RunningChild& child, KeptOutput& kept, const ChildOptions& options) {
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
Awaited await_end(RunningChild& child, KeptOutput& kept, const ChildOptions& options, Instant deadline, int stop) {
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
void end_group(RunningChild& child, KeptOutput& kept, const ChildOptions& options) {
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
  auto child = RunningChild::start(argv, options);
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
