#include "harness/run/host_load.hpp"

#include <array>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>

namespace coldboot {
namespace {

std::string text_at(const char* file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return std::move(text).str();
}

std::optional<std::uint64_t> number_at(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

std::optional<ProcessorTimes> times_now() {
  return parse_processor_times(text_at("/proc/stat"), text_at("/proc/pressure/cpu"), ::sysconf(_SC_CLK_TCK));
}

}  // namespace

std::optional<ProcessorTimes> parse_processor_times(std::string_view stat, std::string_view pressure,
                                                    long ticks_a_second) {
  constexpr std::string_view head = "cpu ";
  constexpr std::string_view total = "total=";
  if (!stat.starts_with(head) || ticks_a_second <= 0) return std::nullopt;
  enum Column { user, nice, system, idle, iowait, irq, softirq, steal, columns };
  std::istringstream line{std::string(stat.substr(head.size(), stat.find('\n') - head.size()))};
  std::array<std::int64_t, columns> ticks{};
  for (std::int64_t& each : ticks) {
    if (!(line >> each)) return std::nullopt;
  }
  const Nanos tick = Nanos(std::chrono::seconds(1)) / ticks_a_second;
  ProcessorTimes times;
  for (const std::int64_t each : ticks) times.all += tick * each;
  times.stolen = tick * ticks[steal];
  times.busy = times.all - tick * (ticks[idle] + ticks[iowait] + ticks[steal]);
  const std::size_t at = pressure.find(total);  // the first line: "some"
  if (at != std::string_view::npos) {
    if (const auto micros = number_at(pressure.substr(at + total.size()))) times.waited = Nanos(*micros * 1000);
  }
  return times;
}

HostLoadWatch::HostLoadWatch() : start_(times_now()) {}

std::optional<HostLoad> HostLoadWatch::load() const {
  const auto now = times_now();
  if (!now || !start_) return std::nullopt;
  HostLoad load{now->all - start_->all, now->busy - start_->busy, now->stolen - start_->stolen, std::nullopt};
  if (now->waited && start_->waited) load.waited = *now->waited - *start_->waited;
  return load;
}

}  // namespace coldboot
