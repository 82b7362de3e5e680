#include "harness/event/run_record.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <sstream>
#include <zstd.h>

#include <fmt/format.h>

#include "harness/event/chunk_index.hpp"
#include "harness/event/event_codec.hpp"
#include "harness/event/file_name.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view compressed_ending = ".zst";
constexpr std::size_t most_unpacked = std::size_t{1} << 30U;

std::optional<std::string> plain_content_of(const fs::path& file) {
  std::error_code why;
  if (!fs::is_regular_file(file, why)) return std::nullopt;
  std::ifstream in(file, std::ios::binary);
  std::ostringstream content;
  if (!in || (fs::file_size(file, why) > 0 && !(content << in.rdbuf()))) return std::nullopt;
  return std::move(content).str();
}

/// What was compressed with zstd(1); nothing where it was not, or is torn or too long to be a console's.
std::optional<std::string> unpacked(const std::string& packed) {
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(), &ZSTD_freeDStream);
  std::string content;
  std::string block(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::size_t left = 1;  // 0 once a frame is whole
  while (in.pos < in.size || left != 0) {
    ZSTD_outBuffer out{block.data(), block.size(), 0};
    left = ZSTD_decompressStream(stream.get(), &out, &in);
    content.append(block.data(), out.pos);
    const bool starved = in.pos == in.size && out.pos == 0 && left != 0;
    if (ZSTD_isError(left) != 0 || starved || content.size() > most_unpacked) return std::nullopt;
  }
  return content;
}

/// Everything a file holds, or FILE.zst where that is there instead; nothing where neither can be read.
std::optional<std::string> content_of(const fs::path& file) {
  if (auto content = plain_content_of(file)) return content;
  const auto packed = plain_content_of(file.string() + std::string(compressed_ending));
  return packed ? unpacked(*packed) : std::nullopt;
}

/// The names in a folder, sorted.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code why;
  for (fs::directory_iterator entry(folder, why), end; !why && entry != end; entry.increment(why)) {
    names.push_back(entry->path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

/// "003-xen" as number and configuration; 0 for a folder that is no boot's.
struct BootFolderName {
  int number = 0;
  std::string configuration;
};
BootFolderName parse_boot_folder(std::string_view name) {
  BootFolderName parsed;
  const char* end = name.data() + name.size();
  const auto [after, failed] = std::from_chars(name.data(), end, parsed.number);
  const std::string_view rest(after, static_cast<std::size_t>(end - after));
  const bool shaped = rest.empty() || (rest.size() > 1 && rest.front() == '-');
  if (failed != std::errc{} || parsed.number < 1 || !shaped) return {};
  if (!rest.empty()) parsed.configuration = name_of_file(rest.substr(1));
  return parsed;
}

fs::path console_file(const fs::path& boot_folder, const std::string& console, std::string_view ending) {
  return boot_folder / fmt::format("console-{}{}", file_name_of(console), ending);
}

Fault damaged(const std::string& where, const std::string& what) {
  return Fault(Cause::protocol, where, what);
}

class RunReader {
 public:
  explicit RunReader(fs::path folder) { run_.folder = std::move(folder); }

  Result<RunRecord> read() {
    std::error_code why;
    if (!fs::is_directory(run_.folder, why)) {
      return Fault(Cause::missing, run_.folder.string(), "is no folder, expected the folder of a run");
    }
    const auto about = content_of(run_.folder / "run.json");
    const auto boots = names_in(run_.folder / "boots");
    const auto events = content_of(run_.folder / "events.jsonl");
    if (!about && boots.empty() && !events) {
      return Fault(Cause::missing, run_.folder.string(), "holds no run.json, no boots and no events",
                   "name the folder of one run, such as runs/20261122T102030Z-xen-vs-bare");
    }
    read_info(about);
    run_.events = read_events("events.jsonl", events.value_or(""), run_.damage);
    for (const std::string& name : boots) read_boot(name);
    std::ranges::stable_sort(run_.boots, {}, &BootRecord::number);
    for (const BootRecord& boot : run_.boots) {
      run_.damage.insert(run_.damage.end(), boot.damage.begin(), boot.damage.end());
    }
    run_.cut_off = !run_.info.ended || std::ranges::any_of(run_.boots, &BootRecord::cut_off);
    return std::move(run_);
  }

 private:
  void read_info(const std::optional<std::string>& json) {
    if (!json)
      return run_.damage.push_back(damaged("run.json", "is missing: scenario, host and wall-clock time are unknown"));
    auto info = decode_run_info(*json);
    if (!info) return run_.damage.push_back(damaged("run.json", info.error().what()));
    run_.info = std::move(*info);
  }

  std::vector<Event> read_events(const std::string& where, std::string_view lines, std::vector<Fault>& damage) const {
    std::vector<Event> events;
    for (int number = 1; !lines.empty(); ++number) {
      const std::size_t length = lines.find('\n');
      const bool complete = length != std::string_view::npos;
      const std::string_view line = lines.substr(0, length);
      lines.remove_prefix(complete ? length + 1 : lines.size());
      if (line.empty()) continue;
      auto event = decode_event(line, run_.info.anchor.origin);
      if (event) {
        events.push_back(std::move(*event));
      } else if (complete) {
        damage.push_back(damaged(fmt::format("{}:{}", where, number), event.error().what()));
      }
    }
    return events;
  }

  void read_boot(const std::string& name) {
    const BootFolderName parsed = parse_boot_folder(name);
    if (parsed.number == 0) return;
    const fs::path folder = run_.folder / "boots" / name;
    BootRecord boot;
    boot.number = parsed.number;
    boot.configuration = parsed.configuration;
    boot.events = read_events(fmt::format("boots/{}/events.jsonl", name),
                              content_of(folder / "events.jsonl").value_or(""), boot.damage);
    Instant started = run_.info.anchor.origin;
    const BootEnded* ended = nullptr;
    Instant ended_at = Instant::max();
    for (const Event& event : boot.events) {
      if (const auto* body = std::get_if<BootStarted>(&event.body)) {
        started = event.at;
        boot.configuration = body->configuration;
        boot.bench = body->bench;
        boot.profile = body->profile;
        boot.after = body->after;
      }
      if (const auto* body = std::get_if<BootEnded>(&event.body)) {
        ended = body;
        ended_at = event.at;
      }
    }
    boot.cut_off = ended == nullptr;
    for (ConsoleRecord& console : consoles_of(boot.events, folder)) {
      read_console(folder, console, boot.damage);
      add_unindexed_bytes(started, ended_at, console);
      boot.consoles.push_back(std::move(console));
    }
    if (ended != nullptr) look_for_lost_bytes(folder, *ended, boot);
    run_.boots.push_back(std::move(boot));
  }

  /// The consoles of a boot: first those that were opened, in that order, then those of which only files are left.
  static std::vector<ConsoleRecord> consoles_of(const std::vector<Event>& events, const fs::path& folder) {
    std::vector<ConsoleRecord> consoles;
    const auto known = [&](const std::string& name) {
      return std::ranges::find(consoles, name, &ConsoleRecord::name) != consoles.end();
    };
    for (const Event& event : events) {
      const auto* opened = std::get_if<ConsoleOpened>(&event.body);
      if (opened == nullptr || known(opened->console)) continue;
      consoles.push_back(
          {opened->console, {}, {}, opened->line, opened->resolution, opened->latency.value_or(Nanos(0))});
    }
    for (std::string file : names_in(folder)) {
      if (file.ends_with(compressed_ending)) file.resize(file.size() - compressed_ending.size());
      constexpr std::string_view begin = "console-";
      constexpr std::string_view end = ".raw";
      if (!file.starts_with(begin) || !file.ends_with(end) || file.size() < begin.size() + end.size()) continue;
      const std::string name = name_of_file(file.substr(begin.size(), file.size() - begin.size() - end.size()));
      if (!known(name)) consoles.push_back({name, {}, {}, {}, {}, {}});
    }
    return consoles;
  }

  void read_console(const fs::path& folder, ConsoleRecord& console, std::vector<Fault>& damage) const {
    const fs::path raw = console_file(folder, console.name, ".raw");
    const fs::path index_file = console_file(folder, console.name, ".index");
    console.raw = content_of(raw).value_or("");
    const std::string index = content_of(index_file).value_or("");
    IndexReading reading = read_index(index, console.raw.size(), run_.info.anchor.origin);
    if (!reading.damage.empty()) {
      damage.push_back(damaged(index_file.lexically_relative(run_.folder), reading.damage));
    }
    console.chunks = std::move(reading.chunks);
  }

  void look_for_lost_bytes(const fs::path& folder, const BootEnded& ended, BootRecord& boot) const {
    for (const auto& [name, bytes] : ended.bytes) {
      const auto console = std::ranges::find(boot.consoles, name, &ConsoleRecord::name);
      const std::size_t held = console == boot.consoles.end() ? 0 : console->raw.size();
      if (held >= bytes) continue;
      boot.damage.push_back(damaged(console_file(folder, name, ".raw").lexically_relative(run_.folder),
                                    fmt::format("holds {} of the {} bytes this console sent", held, bytes)));
    }
  }

  /// Bytes whose index was lost arrived after the last stamp, and before the boot ended where it did.
  static void add_unindexed_bytes(Instant started, Instant ended, ConsoleRecord& console) {
    constexpr std::uint64_t longest = std::numeric_limits<std::uint32_t>::max();
    const Instant after = console.chunks.empty() ? started : console.chunks.back().arrival;
    const Instant before = ended >= after ? ended : Instant::max();
    std::uint64_t offset = console.chunks.empty() ? 0 : console.chunks.back().offset + console.chunks.back().length;
    while (offset < console.raw.size()) {
      const auto length = static_cast<std::uint32_t>(std::min<std::uint64_t>(console.raw.size() - offset, longest));
      console.chunks.push_back({offset, length, before, after, false});
      offset += length;
    }
  }

  RunRecord run_;
};

}  // namespace

Result<RunRecord> read_run_folder(const fs::path& folder) {
  return RunReader(folder).read();
}

}  // namespace coldboot
