#include <charconv>
#include <random>
#include <string>

#include <fmt/format.h>

#include "harness/console/capture.hpp"
#include "tests/performance/emitter.hpp"
#include "tests/performance/measurements.hpp"
#include "tests/performance/terminal_pair.hpp"

namespace coldboot::capture_bench {
namespace {

using namespace std::chrono_literals;

constexpr LineRate line{115200, 'n', 8, 1};
constexpr auto after_a_prompt = 20ms;
constexpr std::size_t largest_group = 14;  // what a 16-byte FIFO hands on at its usual trigger level
constexpr std::size_t every_tenth = 10;

/// A group of bytes handed on at once. `marker`: its last byte is the last of this marker.
struct Group {
  std::string bytes;
  std::optional<std::size_t> marker;
  bool prompt = false;
};

bool is_prompt(std::size_t marker) {
  return marker % every_tenth == every_tenth - 1;
}

void append_in_groups(std::vector<Group>& groups, std::string_view bytes, std::mt19937& random) {
  std::uniform_int_distribution<std::size_t> size(1, largest_group);
  while (!bytes.empty()) {
    const std::string_view group = bytes.substr(0, size(random));
    groups.push_back({std::string(group), {}, false});
    bytes.remove_prefix(group.size());
  }
}

/// Boot text with a marker in each line; every tenth line is a prompt, whose line goes on after a pause.
std::vector<Group> stream_of(std::size_t markers) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same stream every time
  std::vector<Group> groups;
  for (std::size_t marker = 0; marker < markers; ++marker) {
    append_in_groups(groups, fmt::format("[{:12.6f}] uart0: 16550 or compatible, ", static_cast<double>(marker)),
                     random);
    append_in_groups(groups, is_prompt(marker) ? fmt::format("prompt-{}> ", marker) : fmt::format("stage-{};", marker),
                     random);
    groups.back().marker = marker;
    groups.back().prompt = is_prompt(marker);
    append_in_groups(groups, " ready, 4 interrupts\r\n", random);
  }
  return groups;
}

/// Writes each group when a UART would have its last byte; notes when a marker's last byte had been written.
void play(int board, const std::vector<Group>& groups, std::span<Instant> written) {
  Instant due = std::chrono::steady_clock::now();
  for (const Group& group : groups) {
    due += line.character_time() * static_cast<int>(group.bytes.size());
    wait_until(due);
    write_all(board, group.bytes);
    const Instant now = std::chrono::steady_clock::now();
    if (group.marker) written[*group.marker] = now;
    if (group.prompt) due += after_a_prompt;
  }
}

std::shared_ptr<const CompiledPlan> plan() {
  BootPlan plan;
  plan.console = "com1";
  plan.markers.resize(2);
  plan.markers[0].name = "stage";
  plan.markers[0].match = "stage-(?<number>\\d+);";
  plan.markers[1].name = "prompt";
  plan.markers[1].match = "prompt-(?<number>\\d+)> ";
  return *CompiledPlan::compile(plan);
}

/// Forgets the bytes: here only times matter.
class Nowhere final : public ChunkSink {
  void add(const std::string& /*console*/, const Chunk& /*chunk*/, std::string_view /*bytes*/) override {}
};

std::vector<std::optional<Instant>> found_in(const EventLog& log, std::size_t markers) {
  std::vector<std::optional<Instant>> found(markers);
  for (const Event& event : log.after(0)) {
    const auto* const seen = std::get_if<MarkerSeen>(&event.body);
    if (seen == nullptr || seen->held || !seen->hit.captures.contains("number")) continue;
    const std::string& text = seen->hit.captures.at("number");
    std::size_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    if (number < markers) found[number] = seen->hit.at;
  }
  return found;
}

}  // namespace

Result<Accuracy> measure_accuracy(std::chrono::seconds length) {
  constexpr std::size_t bytes_per_marker = 80;
  const auto markers =
      static_cast<std::size_t>(length / (line.character_time() * bytes_per_marker + after_a_prompt / every_tenth));
  const std::vector<Group> groups = stream_of(markers);
  std::uint64_t bytes = 0;
  for (const Group& group : groups) bytes += group.bytes.size();
  auto console = TerminalPair::open();
  if (!console) return console.error();
  const SharedStamps written(markers);
  Emitter emitter([&] { play((*console)->board(), groups, written.stamps()); });

  SteadyClock clock;
  EventLog log(clock);
  Nowhere nowhere;
  Capture capture(log);
  if (auto added = capture.add("com1", **console, line); !added) return added.error();
  if (auto begun = capture.begin_boot(1, plan(), nowhere); !begun) return begun.error();
  emitter.go();
  emitter.wait();
  if (auto all = capture.wait_until_received("com1", bytes, 10s); !all) return all.error();
  capture.end_boot(1);

  Accuracy accuracy;
  const auto found = found_in(log, markers);
  for (std::size_t marker = 0; marker < markers; ++marker) {
    if (!found[marker]) {
      ++accuracy.missed;
      continue;
    }
    (is_prompt(marker) ? accuracy.prompts : accuracy.lines).push_back(*found[marker] - written.stamps()[marker]);
  }
  return accuracy;
}

}  // namespace coldboot::capture_bench
