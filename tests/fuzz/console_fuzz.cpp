#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "harness/console/boot_watcher.hpp"

namespace {

using namespace coldboot;

/// A broken promise ends the process, so that the fuzzer keeps the bytes.
void check(bool promise) {
  if (!promise) {
    __builtin_trap();
  }
}

/// Markers of every sort there is, so that bytes meet all the watcher can do.
std::shared_ptr<const CompiledPlan> plan() {
  BootPlan plan;
  plan.markers = {
      {.name = "banner", .match = "PC Engines apu\\d", .twice_within = std::chrono::seconds(10)},
      {.name = "bios", .match = "BIOS version (?<bios>v[\\d.]+)"},
      {.name = "start", .match = "^a+b?$"},
      {.name = "menu", .match = "8\\) Shell", .after = "banner"},
      {.name = "prompt", .match = "option: ", .after = "menu", .quiet = std::chrono::milliseconds(200)},
      {.name = "word", .match = "\\bxl\\b"},
      {.name = "back", .match = "(\\w)\\1\\1"},
      {.name = "typed", .sent = "xl create"},
  };
  plan.failures = {
      {.failure = "panic", .match = "panic: .*"},
      {.failure = "boot-loop", .repeats = "banner", .before = "menu"},
      {.failure = "silence", .silent_for = std::chrono::seconds(5)},
  };
  const auto compiled = CompiledPlan::compile(plan);
  check(compiled.has_value());
  return *compiled;
}

std::tuple<std::size_t, std::uint64_t, std::uint64_t, std::string> place_of(const Found& found) {
  return std::visit(
      [](const auto& hit) {
        if constexpr (requires { hit.marker; }) {
          return std::tuple(hit.line, hit.begin, hit.end, hit.marker);
        } else {
          return std::tuple(hit.line, hit.begin, hit.end, hit.failure);
        }
      },
      found.hit);
}

/// All bytes arrive at one instant, in pieces of the given size; what is found must not depend on that size. In order
/// of text: what waits for the end of its line is found later.
std::vector<Found> found_in(std::string_view bytes, std::string_view typed, std::size_t piece) {
  static const auto compiled = plan();
  const Instant now(std::chrono::seconds(100));
  BootWatcher watcher(compiled);
  watcher.add_console("com1", {});
  std::vector<Found> found;
  watcher.power_on(now, found);
  watcher.typing("com1", typed, 0);
  watcher.sent("com1", typed, now, found);
  Chunk chunk{.arrival = now, .not_before = now};
  for (std::size_t offset = 0; offset < bytes.size(); offset += piece) {
    const std::string_view part = bytes.substr(offset, piece);
    chunk.offset = offset;
    chunk.length = static_cast<std::uint32_t>(part.size());
    watcher.chunk("com1", chunk, part, found);
  }
  watcher.finish(now + std::chrono::seconds(1), found);
  std::erase_if(found, [](const Found& each) { return each.held; });
  for (const Found& each : found) {
    if (const auto* hit = std::get_if<MarkerHit>(&each.hit)) check(hit->begin <= hit->end && hit->end <= bytes.size());
  }
  std::ranges::stable_sort(found, {}, &place_of);
  return found;
}

}  // namespace

/// The first byte chooses the size of the pieces, the second how much of the rest was typed by us.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = std::size_t{1} + data[0] % 64;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string_view typed = rest.substr(0, std::min<std::size_t>(data[1] % 16, rest.size()));
  check(found_in(rest, typed, piece) == found_in(rest, typed, rest.size() + 1));
  return 0;
}
