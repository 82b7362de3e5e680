#include <algorithm>
#include <utility>

#include "harness/console/boot_watcher.hpp"

namespace coldboot {
namespace {

/// One thing to replay: a chunk, or an event where `record` is empty.
struct Item {
  Instant at{};
  const ConsoleRecord* record = nullptr;
  const Chunk* chunk = nullptr;
  const Event* event = nullptr;
};

/// What was found by time, and where times are equal by text.
std::pair<Instant, std::uint64_t> place_of(const Found& found) {
  return std::visit([](const auto& hit) { return std::pair(hit.at, hit.begin); }, found.hit);
}

void add_chunks(const ConsoleRecord& console, std::vector<Item>& items) {
  Instant reached = Instant::min();  // chunks of one console keep their order, stamped or not
  for (const Chunk& chunk : console.chunks) {
    reached = std::max(reached, chunk.stamped ? chunk.arrival : chunk.not_before);
    items.push_back({reached, &console, &chunk, nullptr});
  }
}

/// Events first: what happened at the instant of a chunk happened before it could be read.
std::vector<Item> in_order(const BootRecord& record) {
  std::vector<Item> items;
  for (const Event& event : record.events) items.push_back({event.at, nullptr, nullptr, &event});
  for (const ConsoleRecord& console : record.consoles) add_chunks(console, items);
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.at < b.at; });
  return items;
}

bool turned_on(const Event& event) {
  const auto* const power = std::get_if<PowerSwitched>(&event.body);
  return power != nullptr && power->wanted == Power::on && !power->aside;
}

void replay_event(const Event& event, BootWatcher& watcher, std::vector<Found>& found) {
  if (const auto* const power = std::get_if<PowerSwitched>(&event.body)) {
    if (power->wanted == Power::on) {
      if (!power->aside) watcher.power_on(power->returned, found);
    } else {
      watcher.tick(power->sent, found);  // a silence lasts until somebody ends it
      watcher.power_off();
    }
  } else if (const auto* const sent = std::get_if<ConsoleSent>(&event.body)) {
    watcher.sent(sent->console, sent->bytes, event.at, found);
  }
}

void replay(const Item& item, BootWatcher& watcher, std::vector<Found>& found) {
  if (item.event != nullptr) return replay_event(*item.event, watcher, found);
  const std::string_view raw = item.record->raw;
  if (item.chunk->offset >= raw.size()) return;  // a record cut off: the index is longer than the bytes
  const std::string_view bytes = raw.substr(item.chunk->offset, item.chunk->length);
  Chunk chunk = *item.chunk;
  chunk.length = static_cast<std::uint32_t>(bytes.size());
  watcher.chunk(item.record->name, chunk, bytes, found);
}

Instant end_of(const BootRecord& record, const std::vector<Item>& items) {
  for (const Event& event : record.events) {
    if (std::holds_alternative<BootEnded>(event.body)) return event.at;
  }
  return items.empty() ? Instant{} : items.back().at;
}

}  // namespace

std::vector<Found> watch(const BootRecord& record, std::shared_ptr<const CompiledPlan> plan) {
  BootWatcher watcher(std::move(plan));
  for (const ConsoleRecord& console : record.consoles) {
    watcher.add_console(console.name, {console.line, console.resolution});
  }
  for (const Event& event : record.events) {
    const auto* const sent = std::get_if<ConsoleSent>(&event.body);
    if (sent != nullptr) watcher.typing(sent->console, sent->bytes, sent->at_offset);
  }
  if (std::none_of(record.events.begin(), record.events.end(), &turned_on)) watcher.assume_powered();
  std::vector<Found> found;
  const std::vector<Item> items = in_order(record);
  for (const Item& item : items) replay(item, watcher, found);
  watcher.finish(end_of(record, items), found);
  std::erase_if(found, [](const Found& one) { return one.held; });
  std::stable_sort(found.begin(), found.end(),
                   [](const Found& a, const Found& b) { return place_of(a) < place_of(b); });
  return found;
}

}  // namespace coldboot
