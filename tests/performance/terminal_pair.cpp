#include "tests/performance/terminal_pair.hpp"

#include <cerrno>
#include <fcntl.h>
#include <pty.h>
#include <system_error>
#include <termios.h>

#include <fmt/format.h>

namespace coldboot::capture_bench {

Result<std::unique_ptr<TerminalPair>> TerminalPair::open() {
  int board = -1;
  int captured = -1;
  if (::openpty(&board, &captured, nullptr, nullptr, nullptr) != 0) {
    return Fault(Cause::io, "pseudo-terminal", std::generic_category().message(errno),
                 "ulimit -n and /proc/sys/kernel/pty/max bound how many there can be");
  }
  termios raw{};
  ::tcgetattr(captured, &raw);
  ::cfmakeraw(&raw);
  ::tcsetattr(captured, TCSANOW, &raw);
  ::fcntl(captured, F_SETFL, O_NONBLOCK);
  for (const int fd : {board, captured}) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  return std::unique_ptr<TerminalPair>(new TerminalPair(Descriptor(board), Descriptor(captured)));
}

Result<void> TerminalPair::write(std::string_view, const Until&) {
  return Fault(Cause::refused, "benchmark console", "nothing is typed here");
}

}  // namespace coldboot::capture_bench
