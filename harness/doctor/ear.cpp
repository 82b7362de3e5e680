#include "harness/doctor/ear.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <span>
#include <sys/epoll.h>
#include <unistd.h>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/io/connect.hpp"

namespace coldboot {
namespace {

constexpr std::size_t most_at_once = 4096;

}  // namespace

Result<Ear> Ear::on(const std::vector<OpenDevices::Console>& consoles) {
  Descriptor any(::epoll_create1(EPOLL_CLOEXEC));
  if (!any.is_open()) return Fault(Cause::io, "consoles", fmt::format("epoll: {}", errno_text(errno)));
  for (const auto& console : consoles) {
    epoll_event wanted{.events = EPOLLIN, .data = {}};
    if (::epoll_ctl(any.get(), EPOLL_CTL_ADD, console.stream->descriptor(), &wanted) != 0)
      return Fault(Cause::io, console.entry.name, fmt::format("epoll: {}", errno_text(errno)));
  }
  return Ear(consoles, std::move(any));
}

Result<Heard> Ear::listen(const Until& until) const {
  return hear_until(until, false);
}

Result<Heard> Ear::listen_for_a_byte(const Until& until) const {
  return hear_until(until, true);
}

Result<Heard> Ear::hear_until(const Until& until, bool only_the_first) const {
  Heard heard;
  while (std::chrono::steady_clock::now() < until.deadline && (heard.bytes == 0 || !only_the_first)) {
    const auto ready = wait_until_readable(any_.get(), "consoles", until);
    if (!ready && ready.error().cause() == Cause::timeout) break;
    if (!ready) return ready.error();
    if (auto read = hear(heard); !read) return read.error();
  }
  return heard;
}

/// Takes what each console has.
Result<void> Ear::hear(Heard& heard) const {
  std::array<char, most_at_once> bytes{};
  for (const auto& console : consoles_) {
    const ssize_t count = ::read(console.stream->descriptor(), bytes.data(), bytes.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) {
      return Fault(Cause::lost, console.stream->description(), "the console is gone",
                   "check its cable and its adapter");
    }
    const std::size_t said = console.stream->decode(std::span(bytes.data(), static_cast<std::size_t>(count)));
    if (said > 0 && heard.bytes == 0) heard = {0, console.entry.name, std::chrono::steady_clock::now()};
    heard.bytes += said;
  }
  return {};
}

}  // namespace coldboot
