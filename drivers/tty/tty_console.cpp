#include "drivers/tty/tty_console.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/serial.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "harness/core/pause.hpp"
#include "harness/core/text.hpp"

namespace coldboot {
namespace {

bool set_flow(int descriptor, TtyFlow flow) {
  termios settings{};
  if (::tcgetattr(descriptor, &settings) != 0) return false;
  if (flow == TtyFlow::rts_cts) settings.c_cflag |= CRTSCTS;
  if (flow == TtyFlow::xon_xoff) settings.c_iflag |= IXON | IXOFF;
  return ::tcsetattr(descriptor, TCSANOW, &settings) == 0;
}

std::uint64_t count(int counted) {
  return static_cast<std::uint64_t>(static_cast<unsigned>(counted));
}

}  // namespace

TtyConsole::TtyConsole(TtyConsoleConfig config) : config_(std::move(config)), line_(config_.where, Descriptor()) {}

Result<std::unique_ptr<ByteStream>> TtyConsole::open(TtyConsoleConfig config) {
  std::unique_ptr<TtyConsole> console(new TtyConsole(std::move(config)));
  if (auto opened = console->open_port(); !opened) return opened.error();
  console->port_->line.flush();  // what came before is of no boot
  return std::unique_ptr<ByteStream>(std::move(console));
}

Result<void> TtyConsole::open_port() {
  auto line = SerialLine::open(config_.id, config_.line, config_.where);
  if (!line) return line.error();
  Descriptor copy(::fcntl(line->descriptor(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!copy.is_open() || (config_.flow != TtyFlow::none && !set_flow(copy.get(), config_.flow))) {
    return Fault(Cause::io, config_.where,
                 fmt::format("{} cannot be set up: {}", line->port().device.string(), errno_text(errno)));
  }
  LatencyTimer latency(line->port().device.filename(), copy.get());
  const std::lock_guard lock(mutex_);
  line_.replace(std::move(copy));
  port_.emplace(Port{std::move(*line), std::move(latency)});
  return {};
}

Result<void> TtyConsole::reopen(const Until&) {
  line_.replace(Descriptor());
  {
    const std::lock_guard lock(mutex_);
    port_.reset();  // our own lock would keep us out
  }
  return open_port();
}

std::optional<LineErrors> TtyConsole::errors() {
  const std::lock_guard lock(mutex_);
  serial_icounter_struct counted{};
  if (!port_ || ::ioctl(port_->line.control_descriptor(), TIOCGICOUNT, &counted) != 0) return std::nullopt;
  return LineErrors{.overruns = count(counted.overrun),
                    .buffer_overruns = count(counted.buf_overrun),
                    .framing = count(counted.frame),
                    .parity = count(counted.parity)};
}

Result<void> TtyConsole::send_break(Nanos length, const Until& until) {
  SteadyClock clock;
  const Descriptor copy(::fcntl(line_.descriptor(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (::ioctl(copy.get(), TIOCSBRK) != 0) {
    const int error = errno;
    const bool gone = error == EIO || error == EBADF || error == ENODEV;
    return Fault(gone ? Cause::lost : Cause::refused, config_.where, fmt::format("no break: {}", errno_text(error)));
  }
  auto passed = let_pass(clock, length, until, config_.where);
  (void)::ioctl(copy.get(), TIOCCBRK);  // whatever happened: a line left in a break carries nothing
  return passed;
}

std::string TtyConsole::description() const {
  const std::lock_guard lock(mutex_);
  if (!port_) return config_.id;
  const std::string latency = port_->latency.text();
  return port_->line.port().description() + (latency.empty() ? "" : ", " + latency);
}

std::optional<Nanos> TtyConsole::latency() const {
  const std::lock_guard lock(mutex_);
  return port_ ? port_->latency.now() : std::nullopt;
}

std::string TtyConsole::latency_advice() const {
  const auto now = latency();
  const std::lock_guard lock(mutex_);
  if (!port_ || port_->line.port().usb_id.empty()) return "";
  if (!now) return "adapters like this hold bytes for 1 to 8 ms and do not tell; one with an FTDI chip tells";
  if (*now <= shortest_latency) return "";
  return "a udev rule lets every run have 1 ms: ACTION==\"add\", SUBSYSTEM==\"usb-serial\", DRIVER==\"ftdi_sio\", "
         "ATTR{latency_timer}=\"1\"; for now: coldboot doctor --fix as root";
}

}  // namespace coldboot
