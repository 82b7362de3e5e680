#include "drivers/console_command/command_console.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/text.hpp"
#include "harness/io/kept_output.hpp"
#include "harness/io/wake.hpp"

namespace coldboot {
namespace {

constexpr std::size_t kept_errors = std::size_t{4} << 10U;

struct LineEnds {
  Descriptor ours;
  Descriptor theirs;
};

Fault no_line(const std::string& where, std::string_view call) {
  return Fault(Cause::io, where, fmt::format("{}: {}", call, errno_text(errno)));
}

Result<LineEnds> socket_line(const std::string& where) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return no_line(where, "socketpair");
  return LineEnds{Descriptor(ends[0]), Descriptor(ends[1])};
}

Result<LineEnds> terminal_line(const std::string& where) {
  termios raw{};
  ::cfmakeraw(&raw);
  raw.c_cflag |= CREAD | CS8;
  std::array<int, 2> ends{};
  if (::openpty(ends.data(), &ends[1], nullptr, &raw, nullptr) != 0) return no_line(where, "openpty");
  for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  return LineEnds{Descriptor(ends[0]), Descriptor(ends[1])};
}

}  // namespace

/// The program while it runs, and a thread that takes what it complains of and notices its end.
class CommandConsole::Program {
 public:
  using Ended = std::function<void(int status, const std::string& last_line)>;

  Program(Child child, Wake stop, Ended ended)
      : child_(std::move(child)),
        stop_(std::move(stop)),
        ended_(std::move(ended)),
        thread_([this](const std::stop_token& token) { watch(token); }) {}
  ~Program() {
    thread_.request_stop();
    stop_.ring();
    thread_.join();
    if (!reaped_) ask_to_end();  // killed when child_ goes
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

 private:
  void watch(const std::stop_token& token) {
    KeptOutput errors(kept_errors);
    while (!token.stop_requested()) {
      std::array<pollfd, 3> waiting{pollfd{child_.output_descriptor(), POLLIN, 0},
                                    pollfd{child_.end_descriptor(), POLLIN, 0}, pollfd{stop_.descriptor(), POLLIN, 0}};
      ::poll(waiting.data(), waiting.size(), -1);
      const bool gone = child_.has_ended();
      take_errors(errors);
      if (!gone) continue;
      reaped_ = true;
      const int status = child_.reap();  // and what it started, which would keep the console from being seen as lost
      if (!token.stop_requested()) ended_(status, errors.last_line());
      return;
    }
  }

  void take_errors(KeptOutput& errors) {
    std::array<char, 4096> buffer{};
    while (child_.output_descriptor() >= 0) {
      const ssize_t count = ::read(child_.output_descriptor(), buffer.data(), buffer.size());
      if (count == 0) child_.output_ended();
      if (count <= 0) return;
      errors.add({buffer.data(), static_cast<std::size_t>(count)});
    }
  }

  /// A client that is killed leaves its session open at some servers (IPMI's serial over LAN). It is killed afterwards.
  void ask_to_end() const {
    constexpr int grace_ms = 1000;
    child_.signal_group(SIGTERM);
    pollfd ending{child_.end_descriptor(), POLLIN, 0};
    ::poll(&ending, 1, grace_ms);
  }

  Child child_;
  Wake stop_;
  Ended ended_;
  bool reaped_ = false;  // the thread's, until it was joined
  std::jthread thread_;
};

CommandConsole::CommandConsole(CommandConsoleConfig config, std::string where, Tell tell)
    : config_(std::move(config)), where_(std::move(where)), tell_(std::move(tell)), line_(where_, Descriptor()) {}

CommandConsole::~CommandConsole() = default;

Result<std::unique_ptr<ByteStream>> CommandConsole::open(CommandConsoleConfig config, std::string where, Tell tell) {
  std::unique_ptr<CommandConsole> console(new CommandConsole(std::move(config), std::move(where), std::move(tell)));
  if (auto started = console->start(); !started) return started.error();
  return std::unique_ptr<ByteStream>(std::move(console));
}

Result<void> CommandConsole::reopen(const Until&) {
  line_.replace(Descriptor());
  program_.reset();
  return start();
}

Result<void> CommandConsole::start() {
  auto line = config_.terminal ? terminal_line(where_) : socket_line(where_);
  if (!line) return line.error();
  auto stop = Wake::make();
  if (!stop) return stop.error();
  auto child = Child::start(config_.command, {.directory = config_.directory, .line = line->theirs.get()});
  if (!child) return Fault(child.error().cause(), where_, child.error().text(), child.error().hint());
  ::fcntl(line->ours.get(), F_SETFL, O_NONBLOCK);
  line_.replace(std::move(line->ours));
  program_ = std::make_unique<Program>(
      std::move(*child), std::move(*stop),
      [tell = tell_, where = where_, name = config_.command.front()](int status, const std::string& last_line) {
        const std::string said =
            last_line.empty() ? "" : fmt::format(", its last complaint: {}", printable_line(last_line));
        tell(Note{fmt::format("{}: {} ended with {}{}", where, name, status, said)});
      });
  return {};
}

std::string CommandConsole::description() const {
  return fmt::format("command {}", fmt::join(config_.command, " "));
}

}  // namespace coldboot
