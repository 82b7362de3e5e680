#include "harness/io/open_line.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <stop_token>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/io/wake.hpp"

namespace coldboot {
namespace {

bool means_gone(int error) {
  constexpr std::array gone{EPIPE, ECONNRESET, ECONNABORTED, ENOTCONN,  EIO,
                            EBADF, ENXIO,      ENODEV,       ETIMEDOUT, EHOSTUNREACH};
  return std::ranges::find(gone, error) != gone.end();
}

/// A write that raises no SIGPIPE where the line is a socket, which is what could.
ssize_t send_some(int line, std::string_view bytes) {
  const ssize_t sent = ::send(line, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0 || errno != ENOTSOCK) return sent;
  return ::write(line, bytes.data(), bytes.size());
}

Fault lost(const std::string& where, std::string what) {
  return Fault(Cause::lost, where, std::move(what), "check the cable, and what is at its far end");
}

}  // namespace

OpenLine::OpenLine(std::string where, Descriptor line)
    : where_(std::move(where)), line_(std::make_shared<const Descriptor>(std::move(line))) {}

int OpenLine::descriptor() const {
  const std::lock_guard lock(mutex_);
  return line_->get();
}

Result<void> OpenLine::write(std::string_view bytes, const Until& until) {
  Shared line;
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (!line) line = line_;
      if (line != line_) return lost(where_, "lost while we wrote to it");
      const auto sent = send_locked(bytes);
      if (sent) bytes.remove_prefix(*sent);
      writing_ = sent && !bytes.empty();
      if (!writing_) send_answers_locked();
      if (!sent) return sent.error();
      if (bytes.empty()) return {};
    }
    if (auto room = wait_for_room(*line, until); !room) {
      const std::lock_guard lock(mutex_);
      writing_ = false;
      return room;
    }
  }
}

void OpenLine::answer(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  answers_ += bytes;
  if (!writing_) send_answers_locked();
}

void OpenLine::replace(Descriptor line) {
  const std::lock_guard lock(mutex_);
  line_ = std::make_shared<const Descriptor>(std::move(line));
  answers_.clear();
  writing_ = false;
}

/// How many the system took.
Result<std::size_t> OpenLine::send_locked(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    const ssize_t sent = send_some(line_->get(), bytes.substr(taken));
    if (sent > 0) {
      taken += static_cast<std::size_t>(sent);
      continue;
    }
    const int error = sent == 0 ? EAGAIN : errno;
    if (error == EINTR) continue;
    if (error == EAGAIN) break;
    if (means_gone(error)) return lost(where_, fmt::format("lost: {}", errno_text(error)));
    return Fault(Cause::io, where_, fmt::format("cannot be written to: {}", errno_text(error)));
  }
  return taken;
}

void OpenLine::send_answers_locked() {
  const auto sent = send_locked(answers_);
  answers_.erase(0, sent ? *sent : answers_.size());
}

Result<void> OpenLine::wait_for_room(const Descriptor& line, const Until& until) const {
  const auto stop = Wake::make();
  if (!stop) return stop.error();
  const std::stop_callback on_stop(until.stop, [&stop] { stop->ring(); });
  std::array<pollfd, 2> waiting{pollfd{line.get(), POLLOUT, 0}, pollfd{stop->descriptor(), POLLIN, 0}};
  while (true) {
    if (until.stop.stop_requested()) return Fault(Cause::stopped, where_, "asked to stop while writing");
    const Nanos left = until.deadline - std::chrono::steady_clock::now();
    if (left <= Nanos(0)) return Fault(Cause::timeout, where_, "takes no more bytes, and the time for it is over");
    const auto patience = std::chrono::ceil<std::chrono::milliseconds>(std::min<Nanos>(left, std::chrono::hours(1)));
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(patience.count())) > 0 && waiting[0].revents != 0) {
      return {};
    }
  }
}

}  // namespace coldboot
