#include "tests/performance/page.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <fstream>
#include <functional>
#include <sys/utsname.h>
#include <thread>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace coldboot::capture_bench {
namespace {

/// The value below which `share` of the sorted values lie (nearest rank).
template <class T>
T quantile(std::vector<T> values, double share) {
  if (values.empty()) return T{};
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

/// "0.42 (0.40-0.45)": median and spread of a few repeats.
std::string repeats_text(const std::vector<double>& values, int digits) {
  return fmt::format("{:.{}f} ({:.{}f}-{:.{}f})", quantile(values, 0.5), digits, quantile(values, 0.0), digits,
                     quantile(values, 1.0), digits);
}

std::string microseconds(Nanos time) {
  return fmt::format("{:.0f} µs", static_cast<double>(time.count()) / 1e3);
}

std::string milliseconds(Nanos time) {
  return fmt::format("{:.0f} ms", static_cast<double>(time.count()) / 1e6);
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string text; std::getline(info, text);) {
    if (text.starts_with("model name")) return text.substr(text.find(": ") + 2);
  }
  return "unknown processor";
}

std::string machine() {
  utsname system{};
  ::uname(&system);
  return fmt::format("{}, {} cores, Linux {}", processor(), std::thread::hardware_concurrency(), system.release);
}

std::string accuracy_row(std::string_view what, const std::vector<Nanos>& errors) {
  return fmt::format("| {} | {} | {} | {} | {} |\n", what, errors.size(), microseconds(quantile(errors, 0.5)),
                     microseconds(quantile(errors, 0.99)), microseconds(quantile(errors, 1.0)));
}

std::string accuracy_part(const std::vector<Accuracy>& repeats) {
  if (repeats.empty()) return "";
  std::vector<Nanos> lines;
  std::vector<Nanos> prompts;
  std::vector<Nanos> early;
  std::vector<Nanos> late;
  std::size_t missed = 0;
  for (const Accuracy& one : repeats) {
    const auto third = static_cast<std::ptrdiff_t>(one.lines.size() / 3);
    lines.insert(lines.end(), one.lines.begin(), one.lines.end());
    prompts.insert(prompts.end(), one.prompts.begin(), one.prompts.end());
    early.insert(early.end(), one.lines.begin(), one.lines.begin() + third);
    late.insert(late.end(), one.lines.end() - third, one.lines.end());
    missed += one.missed;
  }
  return fmt::format(
      "## How exact a marker's time is\n\n"
      "One console at 115200 baud, bytes paced as a UART does, in groups of 1 to 14 as its FIFO hands them on. The "
      "error "
      "is\nthe time given to a marker minus the time at which its last byte had been written.\n\n"
      "| marker | count | median | 99 % | worst |\n| --- | --- | --- | --- | --- |\n{}{}{}{}\n"
      "Missed: {}. {} repeats.\n\n",
      accuracy_row("within a line", lines), accuracy_row("prompt without line end", prompts),
      accuracy_row("first third of the stream", early), accuracy_row("last third of the stream", late), missed,
      repeats.size());
}

std::vector<double> each(const std::vector<Load>& repeats, const std::function<double(const Load&)>& value) {
  std::vector<double> values;
  values.reserve(repeats.size());
  for (const Load& load : repeats) values.push_back(value(load));
  return values;
}

/// CPU seconds for each second of console time. Not of wall time: where the boards fell behind, that would flatter.
double cpu_per_console_second(const Load& load) {
  constexpr double bytes_per_second = 11'500;
  return load.cpu_seconds * bytes_per_second * load.consoles / static_cast<double>(load.bytes);
}

double kernel_share(const Load& load) {
  return load.kernel_seconds * 100 / load.cpu_seconds;
}

std::string rack_row(const std::vector<Load>& repeats) {
  std::uint64_t lost = 0;
  std::uint64_t missed = 0;
  std::uint64_t bytes = 0;
  std::uint64_t markers = 0;
  for (const Load& load : repeats) {
    lost += load.lost;
    missed += load.missed;
    bytes += load.bytes;
    markers += load.markers;
  }
  return fmt::format(
      "| {} | {} | {} | {} | {} | {} of {} | {} of {} |\n", repeats.front().consoles,
      repeats_text(each(repeats, [](const Load& l) { return l.seconds; }), 1),
      repeats_text(each(repeats, cpu_per_console_second), 3), repeats_text(each(repeats, kernel_share), 0),
      repeats_text(each(repeats, [](const Load& l) { return l.resident_mb; }), 0), lost, bytes, missed, markers);
}

std::string rack_part(const std::vector<std::vector<Load>>& racks) {
  if (racks.empty()) return "";
  std::string rows;
  for (const auto& repeats : racks) rows += rack_row(repeats);
  return "## A full rack\n\n"
         "Every console gets 115 bytes each 10 ms, which is all that 115200 baud can carry. One process reads, stamps, "
         "matches 50\nmarkers and records. Goals for 1024 consoles: 0.8 cores, 150 MB, nothing lost, nothing "
         "missed.\n\n"
         "The kernel's share is what reading that many pieces from pseudo-terminals and appending them to twice as "
         "many "
         "files\ncosts whoever does it; the rest is ours.\n\n"
         "| consoles | seconds | CPU s per s | of it the kernel's, % | resident MB | bytes lost | markers missed |\n"
         "| --- | --- | --- | --- | --- | --- | --- |\n" +
         rows + "\n";
}

std::string flat_out_part(const std::vector<Load>& repeats) {
  if (repeats.empty()) return "";
  const auto per_mb = each(repeats, [](const Load& l) { return l.cpu_seconds * 1e6 / static_cast<double>(l.bytes); });
  const auto speed = each(repeats, [](const Load& l) { return static_cast<double>(l.bytes) / 1e6 / l.seconds; });
  return fmt::format(
      "## One console, flat out\n\nA board that writes as fast as it is read: {} CPU seconds for each MB (goal 0.01), "
      "{} "
      "MB/s.\nOf the CPU time {} % are the kernel's, which moves each byte twice: out of a pseudo-terminal and into a "
      "file.\n\n",
      repeats_text(per_mb, 4), repeats_text(speed, 1), repeats_text(each(repeats, kernel_share), 0));
}

std::string times_line(std::string_view what, const std::vector<Nanos>& times, std::string_view goal) {
  return fmt::format("- {}: median {}, worst of {}: {} (goal {})\n", what, microseconds(quantile(times, 0.5)),
                     times.size(), microseconds(quantile(times, 1.0)), goal);
}

std::string cycle_part(const std::vector<Nanos>& cycles) {
  if (cycles.empty()) return "";
  return "\n## A power cycle\n\n" +
         times_line("from the byte that ended the wait for the board to power being on again", cycles, "50 ms") +
         "\nThe boot is ended and recorded, the next one's folder made, power switched off and on. The board speaks at "
         "once and\nnothing settles, so all of it is the harness.\n";
}

std::string flash_part(const FlashSteps& flash) {
  if (flash.ours.empty()) return "";
  const Nanos ours = quantile(flash.ours, 0.5);
  const Nanos alone = quantile(flash.alone, 0.5);
  return fmt::format(
      "\n## A flash step\n\n- 8 MiB of flashrom's dummy chip, all of it changed: median of {} steps {}, of flashrom\n"
      "  called by hand {}: {} more (goal 150 ms)\n\n"
      "Both probe the chip, write it with flashrom's own verification, and read it back. The step also takes power\n"
      "away, looks at the image, compares hashes and records.\n",
      flash.ours.size(), milliseconds(ours), milliseconds(alone), milliseconds(ours - alone));
}

std::string start_part(const Results& results) {
  if (results.help.empty()) return "";
  return "## Start\n\n" + times_line("`coldboot --help`, from start to end", results.help, "20 ms") +
         times_line("`coldboot run`, from start to the first byte captured", results.first_byte, "10 ms") +
         "\nBefore the first byte a run starts as a process, reads and checks its files, takes the bench's lock, makes "
         "its "
         "folder\nwith copies and hashes of what it was given, and switches power off and on.\n";
}

}  // namespace

std::string page_of(const Results& results) {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format(
             "# Performance\n\nWritten by `./dev bench` on {:%Y-%m-%d}; run it to see your machine. Medians, in "
             "brackets "
             "the lowest and the highest\nof the repeats. The boards are played by a process of its own, which is not "
             "counted but needs a core too.\n\nMachine: {}.\n\n",
             fmt::gmtime(now), machine()) +
         accuracy_part(results.accuracy) + rack_part(results.racks) + flat_out_part(results.flat_out) +
         start_part(results) + cycle_part(results.cycles) + flash_part(results.flash);
}

}  // namespace coldboot::capture_bench
