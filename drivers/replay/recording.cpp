#include "drivers/replay/recording.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "drivers/replay/faults.hpp"
#include "drivers/replay/recording_file.hpp"
#include "harness/event/console_record.hpp"
#include "harness/event/run_record.hpp"
#include "harness/file/document.hpp"
#include "harness/import/import_log.hpp"
#include "harness/io/read_file.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;

/// Something that happened in a recorded boot: bytes came, or somebody typed.
struct Moment {
  Instant at{};
  const ConsoleRecord* console = nullptr;  // bytes came
  const Chunk* chunk = nullptr;
  const ConsoleSent* sent = nullptr;  // somebody typed
};

/// Power on; where none was switched (a log), the beginning of the record.
Instant start_of(const BootRecord& boot) {
  Instant began{};
  for (const Event& event : boot.events) {
    const auto* power = std::get_if<PowerSwitched>(&event.body);
    if (power != nullptr && power->wanted == Power::on) return power->returned;
    if (std::holds_alternative<BootStarted>(event.body)) began = event.at;
  }
  return began;
}

std::vector<Moment> moments_of(const BootRecord& boot) {
  std::vector<Moment> moments;
  for (const Event& event : boot.events) {
    if (const auto* sent = std::get_if<ConsoleSent>(&event.body)) moments.push_back({event.at, nullptr, nullptr, sent});
  }
  for (const ConsoleRecord& console : boot.consoles) {
    for (const Chunk& chunk : console.chunks) {
      const Instant at = chunk.arrival == Instant::max() ? chunk.not_before : chunk.arrival;
      moments.push_back({at, &console, &chunk, nullptr});
    }
  }
  std::stable_sort(moments.begin(), moments.end(), [](const Moment& a, const Moment& b) { return a.at < b.at; });
  return moments;
}

/// What came before power on belongs to the boot before it.
void drop_before(std::vector<Moment>& moments, Instant start) {
  std::erase_if(moments, [&](const Moment& moment) { return moment.at < start; });
}

Recording recording_of(const BootRecord& boot) {
  Recording recording;
  recording.segments.emplace_back();
  Instant segment_start = start_of(boot);
  const bool named = boot.consoles.size() > 1;
  for (const ConsoleRecord& console : boot.consoles)
    recording.resolution = std::max(recording.resolution, console.resolution);
  std::vector<Moment> moments = moments_of(boot);
  drop_before(moments, segment_start);
  for (const Moment& moment : moments) {
    if (moment.sent != nullptr) {
      // The recorded bytes hold the echo already.
      recording.segments.push_back(
          {.await = moment.sent->bytes, .console = named ? moment.sent->console : "", .echo = false, .emissions = {}});
      segment_start = moment.at;
      continue;
    }
    recording.segments.back().emissions.push_back(
        {moment.at - segment_start, named ? moment.console->name : "",
         moment.console->raw.substr(moment.chunk->offset, moment.chunk->length)});
  }
  return recording;
}

Fault no_boot(const fs::path& path) {
  return Fault(Cause::mistake, path.string(),
               "found a folder without a recorded boot, expected one such as RUN/boots/001-bare");
}

Result<Recording> load_boot_folder(const fs::path& folder) {
  const fs::path full = fs::absolute(folder).lexically_normal();
  const fs::path named = full.has_filename() ? full : full.parent_path();
  const bool one_boot = named.parent_path().filename() == "boots";
  const auto run = read_run_folder(one_boot ? named.parent_path().parent_path() : named);
  if (!run) return run.error();
  int number = 0;
  if (one_boot) {
    const std::string name = named.filename();
    std::from_chars(name.data(), name.data() + name.size(), number);
  } else if (run->boots.size() == 1) {
    number = run->boots.front().number;
  }
  const auto boot = std::find_if(run->boots.begin(), run->boots.end(),
                                 [&](const BootRecord& known) { return known.number == number; });
  if (boot == run->boots.end()) return no_boot(folder);
  return recording_of(*boot);
}

Result<Recording> load_log(const fs::path& file) {
  const auto bytes = read_file(file);
  if (!bytes) return bytes.error();
  const auto log = import_log(*bytes, file.string(), {});
  if (!log) return log.error();
  return recording_of(log->record);
}

Result<Recording> load(const fs::path& path, std::set<fs::path>& loading) {
  std::error_code failed;
  const fs::path full = fs::weakly_canonical(path, failed);
  if (!fs::exists(path, failed)) return Fault(Cause::missing, path.string(), "no such recording");
  if (!loading.insert(full).second) return Fault(Cause::mistake, path.string(), "this recording plays itself");
  if (fs::is_directory(path, failed)) return load_boot_folder(path);
  if (path.extension() != ".yaml" && path.extension() != ".yml") return load_log(path);
  const Reading<RecordingFile> file = read_recording_file(path);
  if (!file) return file.mistakes.front();
  if (file->play.empty()) return with_faults(compile_script(*file), file->faults, path.string());
  auto played = load(file->play, loading);
  if (!played) return played.error();
  return with_faults(std::move(*played), file->faults, path.string());
}

}  // namespace

std::set<std::string> consoles_of(const Recording& recording) {
  std::set<std::string> names;
  for (const Segment& segment : recording.segments) {
    for (const Emission& emission : segment.emissions) {
      if (!emission.console.empty()) names.insert(emission.console);
    }
  }
  return names;
}

Result<Recording> load_recording(const std::filesystem::path& path) {
  std::set<fs::path> loading;
  return load(path, loading);
}

}  // namespace coldboot
