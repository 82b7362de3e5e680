#include "harness/event/console_export.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace coldboot {
namespace {

/// Bytes and when they are to be shown, counted from the first of them.
struct Shown {
  Nanos at{};
  std::string_view bytes;
};

std::vector<Shown> shown_of(const ConsoleRecord& console) {
  std::vector<Shown> all;
  if (console.chunks.empty()) return all;
  const auto time_of = [](const Chunk& chunk) {
    return chunk.arrival == Instant::max() ? chunk.not_before : chunk.arrival;
  };
  const Instant begin = time_of(console.chunks.front());
  const std::string_view raw = console.raw;
  Nanos latest{};
  for (const Chunk& chunk : console.chunks) {
    latest = std::max(latest, time_of(chunk) - begin);
    all.push_back({latest, raw.substr(std::min<std::size_t>(chunk.offset, raw.size()), chunk.length)});
  }
  return all;
}

/// How many bytes at the end of `text` begin a UTF-8 character whose rest is still to come.
std::size_t unfinished_bytes(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0U) == 0x80U) continue;
    const std::size_t length = byte > 0xF4 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

std::string cast_line(Nanos at, std::string_view text) {
  using Json = nlohmann::json;
  const std::string quoted = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  return fmt::format("[{:.6f}, \"o\", {}]\n", seconds(at), quoted);
}

}  // namespace

ScriptReplay export_scriptreplay(const ConsoleRecord& console) {
  ScriptReplay files;
  files.typescript = fmt::format("console {}\n", console.name);
  Nanos shown_at{};
  for (const Shown& shown : shown_of(console)) {
    files.timing += fmt::format("{:.6f} {}\n", seconds(shown.at - shown_at), shown.bytes.size());
    files.typescript += shown.bytes;
    shown_at = shown.at;
  }
  return files;
}

std::string export_asciicast(const ConsoleRecord& console) {
  std::string cast =
      nlohmann::ordered_json{{"version", 2}, {"width", 80}, {"height", 25}, {"title", console.name}}.dump(
          -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  cast += '\n';
  std::string text;
  Nanos at{};
  for (const Shown& shown : shown_of(console)) {
    at = shown.at;
    text += shown.bytes;
    const std::size_t held = unfinished_bytes(text);
    cast += cast_line(at, std::string_view(text).substr(0, text.size() - held));
    text.erase(0, text.size() - held);
  }
  if (!text.empty()) cast += cast_line(at, text);
  return cast;
}

}  // namespace coldboot
