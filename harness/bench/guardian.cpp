#include "harness/bench/guardian.hpp"

#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "harness/bench/guard.hpp"
#include "harness/core/text.hpp"

namespace coldboot {
namespace {

constexpr int ready_limit_ms = 10'000;
constexpr int end_limit_ms = 10'000;

/// By these, CI runners find what a job left behind in order to kill it.
const std::vector<std::string> marks_of_a_job{"BUILD_ID", "JENKINS_NODE_COOKIE", "JENKINS_SERVER_COOKIE",
                                              "RUNNER_TRACKING_ID"};

Fault guardian_fault(Cause cause, const BenchFile& bench, const std::string& what) {
  return Fault(cause, bench.name + "/guardian", what, "without it, nobody makes the bench safe when a run is killed");
}

/// What it said last before it ended.
std::string last_words(const Child& process) {
  std::array<char, 4096> words{};
  const ssize_t count = ::read(process.output_descriptor(), words.data(), words.size());
  return count > 0 ? printable_line({words.data(), static_cast<std::size_t>(count)}) : "nothing";
}

}  // namespace

Result<std::unique_ptr<Guardian>> Guardian::start(const std::vector<std::string>& command, const BenchFile& bench,
                                                  const Lease& lease, Calls calls) {
  std::unique_ptr<Guardian> guardian(new Guardian(command, bench, lease, std::move(calls)));
  if (auto engaged = guardian->engage(); !engaged) {
    guardian->dismiss();
    return engaged.error();
  }
  guardian->beating_ = std::jthread([&one = *guardian](const std::stop_token& stop) { one.beat(stop); });
  return guardian;
}

Guardian::Guardian(std::vector<std::string> command, const BenchFile& bench, const Lease& lease, Calls calls)
    : command_(std::move(command)), bench_(bench), lock_(lease.descriptor()), calls_(std::move(calls)) {}

Result<void> Guardian::engage() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return guardian_fault(Cause::io, bench_, fmt::format("socketpair: {}", errno_text(errno)));
  line_ = Descriptor(ends[0]);
  const Descriptor theirs(ends[1]);
  const Descriptor ourselves(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (!ourselves.is_open()) return guardian_fault(Cause::io, bench_, fmt::format("pidfd_open: {}", errno_text(errno)));
  auto process = Child::start(command_, {.input = encode_order({bench_.text, bench_.file}),
                                         .descriptors = {lock_, theirs.get(), ourselves.get()},
                                         .own_session = true,
                                         .without = marks_of_a_job});
  if (!process) return process.error().within("the bench's guardian");
  process_ = std::make_unique<Child>(std::move(*process));
  if (auto ready = await_ready(); !ready) return guardian_fault(ready.error().cause(), bench_, ready.error().what());
  return {};
}

Result<void> Guardian::await_ready() const {
  std::array<pollfd, 2> waiting{pollfd{line_.get(), POLLIN, 0}, pollfd{process_->end_descriptor(), POLLIN, 0}};
  ::poll(waiting.data(), waiting.size(), ready_limit_ms);
  std::array<char, 2048> answer{};
  const ssize_t count = ::recv(line_.get(), answer.data(), answer.size(), MSG_DONTWAIT);
  const std::string_view said(answer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  if (said == "ready") return {};
  if (!said.empty()) return Fault(Cause::protocol, "", std::string(said));
  if (process_->has_ended())
    return Fault(Cause::protocol, "", fmt::format("ended before it was ready, and said: {}", last_words(*process_)));
  return Fault(Cause::timeout, "", "was not ready after 10 s");
}

void Guardian::beat(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    calls_.alive();
    if (const auto replaced = replace()) calls_.replaced(*replaced);
    changed.wait_for(lock, stop, guard::beat_every, [] { return false; });
  }
}

std::optional<Result<void>> Guardian::replace() {
  const std::lock_guard lock(mutex_);
  if (dismissed_) return std::nullopt;
  if (!process_->has_ended()) {
    say("beat");
    return std::nullopt;
  }
  auto engaged = engage();
  if (engaged) {
    say(folder_);
  } else {
    dismissed_ = true;  // told once
  }
  return engaged;
}

void Guardian::say(std::string_view message) const {
  ::send(line_.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Guardian::works_in(const std::filesystem::path& run_folder) {
  const std::lock_guard lock(mutex_);
  std::error_code none;
  folder_ = "folder " + std::filesystem::absolute(run_folder, none).string();
  say(folder_);
}

void Guardian::dismiss() {
  const std::lock_guard lock(mutex_);
  say("done");
  dismissed_ = true;
}

/// One that was dismissed gives the lock back with its end.
Guardian::~Guardian() {
  beating_ = {};
  line_.close();
  if (!process_) return;
  if (dismissed_) {
    pollfd end{process_->end_descriptor(), POLLIN, 0};
    ::poll(&end, 1, end_limit_ms);
  } else {
    process_->let_go();
  }
}

}  // namespace coldboot
