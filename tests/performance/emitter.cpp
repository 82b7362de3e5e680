#include "tests/performance/emitter.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace coldboot::capture_bench {
namespace {

[[noreturn]] void give_up(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

}  // namespace

SharedStamps::SharedStamps(std::size_t count) {
  void* const memory =
      ::mmap(nullptr, count * sizeof(Instant), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) give_up("mmap");
  stamps_ = {static_cast<Instant*>(memory), count};
}

SharedStamps::~SharedStamps() {
  ::munmap(stamps_.data(), stamps_.size_bytes());
}

Emitter::Emitter(const std::function<void()>& play) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) give_up("pipe");
  pid_ = ::fork();
  if (pid_ < 0) give_up("fork");
  if (pid_ == 0) {
    ::close(ends[1]);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_TIMERSLACK, 1UL);  // wake when asked to, not up to 50 us later
    char nothing = 0;
    while (::read(ends[0], &nothing, 1) < 0) {
    }
    play();
    ::_exit(0);
  }
  ::close(ends[0]);
  start_ = ends[1];
}

Emitter::~Emitter() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  wait();
}

void Emitter::go() {
  ::close(std::exchange(start_, -1));
}

void Emitter::wait() {
  if (start_ >= 0) go();
  ::waitpid(std::exchange(pid_, 0), nullptr, 0);
}

void write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) ::_exit(1);
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void wait_until(Instant at) {
  const auto since = at.time_since_epoch();
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(since);
  const timespec when{whole.count(), (since - whole).count()};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr) == EINTR) {
  }
}

}  // namespace coldboot::capture_bench
