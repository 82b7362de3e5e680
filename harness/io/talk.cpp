#include "harness/io/talk.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/io/wake.hpp"

namespace coldboot {
namespace {

constexpr std::size_t most_at_once = 4096;
constexpr auto longest_poll = std::chrono::milliseconds(std::chrono::hours(1));  // poll() counts in an int

int poll_time(Instant deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), longest_poll).count());
}

Fault why_it_failed(int error, std::string_view doing, const std::string& where) {
  const bool gone = error == EIO || error == ENXIO || error == ENODEV || error == EPIPE || error == ECONNRESET;
  return Fault(gone ? Cause::lost : Cause::io, where, fmt::format("{}: {}", doing, errno_text(error)),
               gone ? "check the cable and the adapter" : "");
}

/// Waits until the descriptor is ready for `events`, or has hung up.
Result<void> wait_for(int descriptor, short events, const Until& until, std::string_view doing,
                      const std::string& where) {
  const auto stopped = Wake::make();
  if (!stopped) return stopped.error();
  const std::stop_callback ring(until.stop, [&] { stopped->ring(); });
  while (true) {
    std::array<pollfd, 2> waiting{{{descriptor, events, 0}, {stopped->descriptor(), POLLIN, 0}}};
    const int ready = ::poll(waiting.data(), waiting.size(), poll_time(until.deadline));
    if (ready < 0 && errno != EINTR) return why_it_failed(errno, doing, where);
    if (waiting[1].revents != 0) return Fault(Cause::stopped, where, "asked to stop");
    if (waiting[0].revents != 0) return {};
    if (std::chrono::steady_clock::now() >= until.deadline)
      return Fault(Cause::timeout, where, fmt::format("{}: nothing happened in time", doing));
  }
}

}  // namespace

Result<void> send_bytes(int descriptor, std::string_view bytes, const Until& until, const std::string& where) {
  constexpr std::string_view doing = "sending";
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      if (auto ready = wait_for(descriptor, POLLOUT, until, doing, where); !ready) return ready;
    } else if (errno != EINTR) {
      return why_it_failed(errno, doing, where);
    }
  }
  return {};
}

Result<std::string> receive_bytes(int descriptor, const Until& until, const std::string& where) {
  constexpr std::string_view doing = "waiting for an answer";
  std::array<char, most_at_once> buffer{};
  while (true) {
    if (auto ready = wait_for(descriptor, POLLIN, until, doing, where); !ready) return ready.error();
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count > 0) return std::string(buffer.data(), static_cast<std::size_t>(count));
    if (count == 0) return Fault(Cause::lost, where, "it hung up", "check the cable and the adapter");
    if (errno != EAGAIN && errno != EINTR) return why_it_failed(errno, doing, where);
  }
}

}  // namespace coldboot
