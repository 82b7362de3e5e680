#include "harness/io/signals.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/signalfd.h>

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

Result<std::unique_ptr<SignalWatch>> SignalWatch::start(OnSignal on_signal) {
  auto end = Wake::make();
  if (!end) return end.error();
  const sigset_t watched = stop_signals();
  Descriptor signals(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals.is_open()) {
    return Fault(Cause::io, "this process", fmt::format("signalfd: {}", errno_text(errno)));
  }
  return std::unique_ptr<SignalWatch>(new SignalWatch(std::move(*end), std::move(signals), std::move(on_signal)));
}

SignalWatch::SignalWatch(Wake end, Descriptor signals, OnSignal on_signal)
    : end_(std::move(end)), signals_(std::move(signals)), on_signal_(std::move(on_signal)) {
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &pipe_before_);
  const sigset_t watched = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &watched, &mask_before_);
  thread_ = std::thread([this] { watch(); });
}

SignalWatch::~SignalWatch() {
  end_.ring();
  thread_.join();
  ::sigaction(SIGPIPE, &pipe_before_, nullptr);
  ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

void SignalWatch::watch() const {
  std::array<pollfd, 2> waiting{pollfd{signals_.get(), POLLIN, 0}, pollfd{end_.descriptor(), POLLIN, 0}};
  for (int times = 0; true;) {
    ::poll(waiting.data(), waiting.size(), -1);
    signalfd_siginfo got{};
    if (::read(signals_.get(), &got, sizeof got) == sizeof got) on_signal_(static_cast<int>(got.ssi_signo), ++times);
    if (waiting[1].revents != 0) return;
  }
}

}  // namespace coldboot
