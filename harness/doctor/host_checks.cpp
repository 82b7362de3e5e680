// What is looked at on the machine the bench hangs on.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/core/units.hpp"
#include "harness/doctor/checks.hpp"
#include "harness/io/secret.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;

const std::string host = "host";

// ------------------------------------------------------------------------------------------------- clock

constexpr Nanos coarsest_tick = std::chrono::microseconds(1);
constexpr int first_sane_year = 2026;  // of this program's first boots
constexpr int last_sane_year = 2100;

std::string clock_source() {
  std::string name;
  std::getline(std::ifstream("/sys/devices/system/clocksource/clocksource0/current_clocksource"), name);
  return name.empty() ? "unknown" : printable_line(name);
}

void check_steady_clock(Examination& exam) {
  timespec tick{};
  ::clock_getres(CLOCK_MONOTONIC, &tick);
  const Nanos length = std::chrono::seconds(tick.tv_sec) + Nanos(tick.tv_nsec);
  const std::string found =
      fmt::format("the steady clock ticks every {} (source {})", duration_text(length), clock_source());
  if (length <= coarsest_tick) {
    exam.ok(host, found);
  } else {
    exam.warning(host, found,
                 "no time is known better than that; this machine lacks a clock source such as tsc or hpet");
  }
}

void check_utc(Examination& exam) {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  const std::tm utc = fmt::gmtime(now);
  const int year = utc.tm_year + 1900;
  const std::string found = fmt::format("UTC is {:%Y-%m-%d %H:%M:%S}", utc);
  if (year < first_sane_year || year > last_sane_year) {
    exam.warning(host, found, "set this machine's clock: runs are named after it");
    return;
  }
  timex state{};
  const bool is_synchronised = ::adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  if (is_synchronised) {
    exam.ok(host, found + ", synchronised");
  } else {
    exam.warning(host, found + ", and nothing keeps it synchronised",
                 "times of boots are not affected; labels of runs are: install chrony or systemd-timesyncd");
  }
}

// -------------------------------------------------------------------------------------------------- disk

/// The folder itself, or the nearest one above it that is there.
fs::path nearest_there(const fs::path& folder) {
  std::error_code none;
  fs::path there = fs::absolute(folder, none);
  while (!fs::exists(there, none) && there != there.parent_path()) there = there.parent_path();
  return there;
}

// ------------------------------------------------------------------------------------------------- secrets

/// Every entry of a bench with a device of its own, and the part it is.
std::vector<std::pair<std::string, const DeviceEntry*>> entries_of(const BenchFile& bench) {
  std::vector<std::pair<std::string, const DeviceEntry*>> entries = {{"power", &bench.power.device}};
  if (bench.power.button) entries.emplace_back("button", &bench.power.button->device);
  for (const ConsoleEntry& console : bench.consoles) entries.emplace_back(console.name, &console.device);
  for (const auto& [name, medium] : bench.media) entries.emplace_back(name, &medium);
  for (const auto& [name, port] : bench.ports) entries.emplace_back(name, &port.device);
  return entries;
}

/// A secret in a file that everybody on this machine reads is none.
void check_who_reads(Examination& exam, const std::string& where, const fs::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0 || (status.st_mode & S_IROTH) == 0) {
    exam.ok(where, fmt::format("the secret in {} can be read", file.string()));
    return;
  }
  exam.warning(where, fmt::format("everybody on this machine may read the secret in {}", file.string()),
               fmt::format("chmod o-r {}", file.string()));
}

void check_secret(Examination& exam, const std::string& where, const std::string& reference, const fs::path& folder) {
  if (const auto secret = read_secret(reference, folder, where); !secret) {
    exam.wrong(secret.error());
  } else if (const auto file = secret_file(reference, folder); !file.empty()) {
    check_who_reads(exam, where, file);
  } else {
    exam.ok(where, fmt::format("the secret {} is set", reference));
  }
}

}  // namespace

void check_clock(Examination& exam) {
  check_steady_clock(exam);
  check_utc(exam);
}

void check_disk(Examination& exam) {
  const fs::path folder = nearest_there(exam.options.runs);
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    exam.wrong(host, fmt::format("runs cannot be made in {}: {}", folder.string(), errno_text(errno)),
               "choose another folder with --out, here and for coldboot run");
    return;
  }
  std::error_code failed;
  const fs::space_info space = fs::space(folder, failed);
  if (failed) {
    exam.wrong(host, fmt::format("room in {} is not known: {}", folder.string(), failed.message()), "");
    return;
  }
  const std::string found = fmt::format("{} MiB are free in {}", space.available >> 20U, folder.string());
  if (space.available >= exam.options.room) {
    exam.ok(host, found);
  } else {
    exam.wrong(
        host, fmt::format("{}, expected {}", found, size_text(exam.options.room)),
        "remove old runs, or choose another folder with --out; a boot takes some MiB, --room says what is enough");
  }
}

void check_secrets(Examination& exam) {
  for (const auto& [part, entry] : entries_of(exam.bench)) {
    const fs::path folder = fs::path(entry->place.file).parent_path();
    for (const auto& [key, value] : entry->keys) {
      if (check_secret_reference(value)) check_secret(exam, exam.place(part), value, folder);
    }
  }
}

}  // namespace coldboot
