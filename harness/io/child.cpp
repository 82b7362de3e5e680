#include "harness/io/child.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/process/v2/process.hpp>
#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

Fault system_fault(const std::string& where, std::string_view call, int error) {
  return Fault(Cause::io, where, fmt::format("{}: {}", call, errno_text(error)));
}

/// What a child starts with; the C interface needs its own clean-up.
class SpawnSettings {
 public:
  explicit SpawnSettings(bool own_session) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    const int leads = own_session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;  // of a session: of a group too
    posix_spawnattr_setflags(&attributes_, static_cast<short>(leads | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }

  /// `descriptors` are above all numbers the child is to know them by.
  void connect(int input, int output, int errors, const std::vector<int>& descriptors) {
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
    int next = STDERR_FILENO + 1;
    for (const int descriptor : descriptors) posix_spawn_file_actions_adddup2(&actions_, descriptor, next++);
    posix_spawn_file_actions_addclosefrom_np(&actions_, next);
  }

  void enter(const std::filesystem::path& directory) {
    if (!directory.empty()) posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str());
  }

  /// Starts argv with our environment but what is in `without`; returns 0 or the error number.
  int spawn(const std::vector<std::string>& argv, const std::vector<std::string>& without, pid_t& pid) {
    std::vector<char*> arguments;
    arguments.reserve(argv.size() + 1);
    for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    std::vector<char*> variables;
    for (char** variable = environ; *variable != nullptr; ++variable) {
      const std::string_view text(*variable);
      const std::string_view name = text.substr(0, text.find('='));
      if (std::ranges::find(without, name) == without.end()) variables.push_back(*variable);
    }
    variables.push_back(nullptr);
    return posix_spawnp(&pid, arguments[0], &actions_, &attributes_, arguments.data(), variables.data());
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

/// Copies with numbers so high that none is in the way while the child's are put in place.
Result<std::vector<Descriptor>> raised(const std::vector<int>& descriptors, const std::string& where) {
  constexpr int above_all = 64;
  std::vector<Descriptor> copies;
  for (const int descriptor : descriptors) {
    copies.emplace_back(::fcntl(descriptor, F_DUPFD_CLOEXEC, above_all));
    if (!copies.back().is_open()) return system_fault(where, "handing it a descriptor", errno);
  }
  return copies;
}

}  // namespace

/// Boost.Process owns the child and waits for it; it is started by posix_spawn because Boost's launchers fork, which a
/// program with threads must not. Boost 1.81 does not give out the descriptor it waits on (its native_handle() does not
/// compile), so it gets a copy of one of ours.
class Child::Process {
 public:
  Process(pid_t pid, int end)
      : process_(context_.get_executor(), pid, ::fcntl(end, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)) {}

  [[nodiscard]] pid_t id() const { return process_.id(); }

  int wait() {
    boost::system::error_code ignored;  // it is our child and has not been waited for
    process_.wait(ignored);
    return process_.native_exit_code();
  }

  void let_go() { process_.detach(); }

 private:
  boost::asio::io_context context_;
  boost::process::v2::process process_;
};

Result<Child> Child::start(const std::vector<std::string>& argv, const ChildStart& how) {
  const std::string& program = argv[0];
  auto input = input_holding(how.input, program);
  if (!input) return input.error();
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_fault(program, "pipe", errno);
  Descriptor output(ends[0]);
  const Descriptor childs_output(ends[1]);
  ::fcntl(output.get(), F_SETFL, O_NONBLOCK);
  auto copies = raised(how.descriptors, program);
  if (!copies) return copies.error();
  std::vector<int> handed;
  for (const Descriptor& copy : *copies) handed.push_back(copy.get());

  SpawnSettings settings(how.own_session);
  const bool on_a_line = how.line >= 0;
  settings.connect(on_a_line ? how.line : input->get(), on_a_line ? how.line : childs_output.get(), childs_output.get(),
                   handed);
  settings.enter(how.directory);
  pid_t pid = 0;
  if (const int error = settings.spawn(argv, how.without, pid); error != 0)
    return spawn_fault(program, how.directory, error);
  Descriptor end(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));  // glibc 2.36 declares it for C only
  auto process = std::make_unique<Process>(pid, end.get());
  return Child(std::move(process), std::move(end), std::move(output));
}

Child::Child(std::unique_ptr<Process> process, Descriptor end, Descriptor output)
    : end_(std::move(end)), process_(std::move(process)), output_(std::move(output)) {}
Child::Child(Child&& other) noexcept = default;

Child::~Child() {
  if (process_) reap();
}

bool Child::has_ended() const {
  pollfd waiting{end_.get(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) > 0;
}

void Child::signal_group(int signal) const {
  ::kill(-process_->id(), signal);
}

void Child::let_go() {
  process_->let_go();
  process_.reset();
}

int Child::reap() {
  signal_group(SIGKILL);
  const int status = process_->wait();
  process_.reset();
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace coldboot
