#include "drivers/flashrom/remote_shell.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <stop_token>
#include <sys/socket.h>
#include <utility>

#include <fmt/format.h>

#include "drivers/flashrom/remote_scripts.hpp"
#include "harness/core/text.hpp"
#include "harness/core/units.hpp"
#include "harness/io/wake.hpp"

namespace coldboot {
namespace {

constexpr std::int64_t longest_wait_ms = 3'600'000;

int milliseconds_to(Instant at) {
  if (at == Instant::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, longest_wait_ms));
}

bool is_refusal(std::string_view text) {
  constexpr std::array words{"ermission denied", "verification failed", "uthentication"};
  return std::ranges::any_of(words,
                             [text](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

}  // namespace

Result<RemoteRun> RemoteRun::start(const RemoteShell& shell, std::string_view script, std::string input) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return Fault(Cause::io, "", fmt::format("socketpair: {}", errno_text(errno)));
  Descriptor ours(ends[0]);
  const Descriptor theirs(ends[1]);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  std::vector<std::string> argv = shell.through;
  argv.push_back(framed_command(script));
  ChildStart how;
  how.directory = shell.directory;
  how.line = theirs.get();
  auto child = Child::start(argv, how);
  if (!child) return child.error();
  return RemoteRun(shell.through.front(), shell.reach_limit, std::move(*child), std::move(ours), std::move(input));
}

RemoteRun::RemoteRun(std::string program, Nanos reach_limit, Child child, Descriptor line, std::string input)
    : program_(std::move(program)),
      reach_limit_(reach_limit),
      child_(std::move(child)),
      line_(std::move(line)),
      input_(std::move(input)),
      last_moved_(std::chrono::steady_clock::now()) {
  send();
}

void RemoteRun::wait(Instant at, int wake) {
  const bool has_more = sent_ < input_.size();
  std::array<pollfd, 4> waiting{pollfd{line_.get(), static_cast<short>(has_more ? POLLIN | POLLOUT : POLLIN), 0},
                                pollfd{child_.output_descriptor(), POLLIN, 0},
                                pollfd{child_.end_descriptor(), POLLIN, 0}, pollfd{wake, POLLIN, 0}};
  ::poll(waiting.data(), waiting.size(), milliseconds_to(at));
  const bool gone = child_.has_ended();  // asked first: what it wrote before is read below
  if (has_more) send();
  receive();
  take_errors();
  if (gone) ended_ = true;
}

void RemoteRun::send() {
  while (sent_ < input_.size()) {
    const ssize_t count =
        ::send(line_.get(), input_.data() + sent_, input_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (count < 0) sent_ = input_.size();  // nobody reads it; the end tells why
    if (count <= 0) break;
    sent_ += static_cast<std::size_t>(count);
    last_moved_ = std::chrono::steady_clock::now();
  }
  ::shutdown(line_.get(), SHUT_WR);
}

void RemoteRun::receive() {
  std::array<char, 65536> buffer{};
  while (line_.is_open()) {
    const ssize_t count = ::recv(line_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (count <= 0) return line_.close();
    bytes_.append(buffer.data(), static_cast<std::size_t>(count));
    last_moved_ = std::chrono::steady_clock::now();
  }
}

void RemoteRun::take_errors() {
  std::array<char, 4096> buffer{};
  while (child_.output_descriptor() >= 0) {
    const ssize_t count = ::read(child_.output_descriptor(), buffer.data(), buffer.size());
    if (count == 0) child_.output_ended();
    if (count <= 0) return;
    errors_.add({buffer.data(), static_cast<std::size_t>(count)});
  }
}

Fault RemoteRun::broken() {
  const bool has_begun = framed_output(bytes_).has_begun;
  const std::string said = printable_line(errors_.last_line());
  if (!ended_) {
    return Fault(
        Cause::timeout, "",
        fmt::format("{}: nothing came for {}{}", program_, duration_text(reach_limit_), has_begun ? "" : " at all"),
        "check the DUT, its network and the command `through`");
  }
  const std::string how = fmt::format("{} ended with {}{}", program_, child_.reap(), said.empty() ? "" : ": " + said);
  if (has_begun)
    return Fault(Cause::lost, "", fmt::format("the connection to the DUT broke off: {}", how), "check its network");
  return Fault(is_refusal(said) ? Cause::refused : Cause::missing, "",
               fmt::format("the DUT cannot be reached: {}", how),
               "try the command `through` by hand; it must work without a question, and the DUT must run");
}

Result<RemoteAnswer> run_there(const RemoteShell& shell, std::string_view script, const Until& until,
                               std::string input) {
  const auto stop = Wake::make();
  if (!stop) return stop.error();
  const std::stop_callback on_stop(until.stop, [&stop] { stop->ring(); });
  auto run = RemoteRun::start(shell, script, std::move(input));
  if (!run) return run.error();
  while (!run->has_ended()) {
    const Instant silent_at = run->last_moved() + shell.reach_limit;
    run->wait(std::min(silent_at, until.deadline), stop->descriptor());
    if (run->has_ended()) break;
    if (until.stop.stop_requested()) return Fault(Cause::stopped, "", "ended on request");
    const Instant now = std::chrono::steady_clock::now();
    if (now >= until.deadline) return Fault(Cause::timeout, "", "still at work on the DUT at the deadline");
    if (now >= run->last_moved() + shell.reach_limit) return run->broken();
  }
  const FramedOutput output = framed_output(run->bytes());
  if (!output.status) return run->broken();
  return RemoteAnswer{*output.status, std::string(output.payload), run->complaint()};
}

}  // namespace coldboot
