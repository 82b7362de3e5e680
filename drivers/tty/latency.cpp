#include "drivers/tty/latency.hpp"

#include <fcntl.h>
#include <fstream>
#include <linux/serial.h>
#include <linux/tty_flags.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "harness/io/descriptor.hpp"

namespace coldboot {
namespace {

constexpr int shortest_ms = std::chrono::duration_cast<std::chrono::milliseconds>(shortest_latency).count();

std::optional<int> read_number(const std::filesystem::path& file) {
  std::ifstream in(file);
  int number = 0;
  if (in >> number && number >= 0) return number;
  return std::nullopt;
}

bool write_number(const std::filesystem::path& file, int number) {
  const Descriptor out(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  const std::string text = fmt::format("{}\n", number);
  return out.is_open() && ::write(out.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

/// For FTDI's driver the same as a timer of 1 ms, without changing the file.
bool ask_for_low_latency(int descriptor) {
  serial_struct settings{};
  if (::ioctl(descriptor, TIOCGSERIAL, &settings) != 0) return false;
  settings.flags |= ASYNC_LOW_LATENCY;
  return ::ioctl(descriptor, TIOCSSERIAL, &settings) == 0;
}

std::filesystem::path timer_of(const std::string& tty) {
  return std::filesystem::path("/sys/class/tty") / tty / "device" / "latency_timer";
}

}  // namespace

std::optional<Nanos> shorten_latency(const std::string& tty) {
  const auto before_ms = read_number(timer_of(tty));
  if (!before_ms || *before_ms <= shortest_ms || !write_number(timer_of(tty), shortest_ms)) return std::nullopt;
  return std::chrono::milliseconds(*before_ms);
}

LatencyTimer::LatencyTimer(const std::string& tty, int descriptor)
    : file_(timer_of(tty)), before_ms_(read_number(file_)), now_ms_(before_ms_) {
  const bool is_long = before_ms_ && *before_ms_ > shortest_ms;
  if (is_long && write_number(file_, shortest_ms)) {
    now_ms_ = read_number(file_);
    return;
  }
  if (is_long && ask_for_low_latency(descriptor)) now_ms_ = shortest_ms;
  file_.clear();
}

LatencyTimer::~LatencyTimer() {
  if (!file_.empty()) (void)write_number(file_, *before_ms_);
}

LatencyTimer::LatencyTimer(LatencyTimer&& other) noexcept
    : file_(std::exchange(other.file_, {})), before_ms_(other.before_ms_), now_ms_(other.now_ms_) {}

LatencyTimer& LatencyTimer::operator=(LatencyTimer&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(before_ms_, other.before_ms_);
  std::swap(now_ms_, other.now_ms_);
  return *this;
}

std::optional<Nanos> LatencyTimer::now() const {
  if (!now_ms_) return std::nullopt;
  return std::chrono::milliseconds(*now_ms_);
}

std::string LatencyTimer::text() const {
  if (!now_ms_) return "";
  if (now_ms_ == before_ms_) return fmt::format("latency timer {} ms", *now_ms_);
  return fmt::format("latency timer {} ms (was {} ms)", *now_ms_, *before_ms_);
}

}  // namespace coldboot
