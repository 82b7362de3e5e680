#include "harness/run/memory_record.hpp"

#include <algorithm>

namespace coldboot {

void MemoryRecord::add(const std::string& console, const Chunk& chunk, std::string_view bytes) {
  folder_.add(console, chunk, bytes);
  if (observer_ != nullptr) observer_->console_bytes(console, bytes);
  const std::lock_guard lock(mutex_);
  ConsoleRecord& record = consoles_[console];
  record.raw += bytes;
  record.chunks.push_back(chunk);
}

std::map<std::string, std::uint64_t> MemoryRecord::bytes() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::uint64_t> bytes;
  for (const auto& [name, record] : consoles_) bytes.emplace(name, record.raw.size());
  return bytes;
}

std::vector<ConsoleRecord> MemoryRecord::consoles(const std::vector<Event>& events) const {
  const std::lock_guard lock(mutex_);
  std::vector<ConsoleRecord> records;
  for (const Event& event : events) {
    const auto* opened = std::get_if<ConsoleOpened>(&event.body);
    if (opened == nullptr) continue;
    if (std::ranges::find(records, opened->console, &ConsoleRecord::name) != records.end()) continue;  // opened again
    const auto said = consoles_.find(opened->console);
    ConsoleRecord record = said == consoles_.end() ? ConsoleRecord{} : said->second;
    record.name = opened->console;
    record.line = opened->line;
    record.resolution = opened->resolution;
    record.latency = opened->latency.value_or(Nanos(0));
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace coldboot
