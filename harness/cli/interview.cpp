#include "harness/cli/interview.hpp"

#include <charconv>

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

std::map<std::string, keys::Table> switches_of(const DriverTables& drivers) {
  std::map<std::string, keys::Table> all = drivers.power;
  all.insert(drivers.relays.begin(), drivers.relays.end());
  return all;
}

/// The entry of that number in a list counted from 1; null where there is none.
const AttachedEntry* numbered(const std::vector<const AttachedEntry*>& offered, const std::string& answer) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(answer.data(), answer.data() + answer.size(), number);
  const bool is_one = error == std::errc() && end == answer.data() + answer.size();
  return is_one && number >= 1 && number <= offered.size() ? offered[number - 1] : nullptr;
}

}  // namespace

Result<NewEntry> Interview::ask_power() {
  auto entry =
      ask_entry("power", "What switches the DUT's power", "rte url=http://rte-07:8000 gpio=0", switches_of(drivers_));
  if (!entry || !drivers_.relays.contains(entry->driver)) return entry;
  if (auto asked = ask_key(*entry, "channel", "Which of its channels", "1"); !asked) return asked.error();
  return entry;
}

Result<NewEntry> Interview::ask_console() {
  auto entry = ask_entry("consoles", "Where is the DUT's console", "telnet address=ser2net-1:7001", drivers_.consoles);
  if (!entry) return entry;
  if (auto asked = ask_key(*entry, "line", "Its line rate", "115200n8"); !asked) return asked.error();
  return entry;
}

Result<std::string> Interview::ask(const std::string& question, const std::string& usual) {
  out_ << question << (usual.empty() ? "" : fmt::format(" [{}]", usual)) << "? " << std::flush;
  std::string answer;
  if (!std::getline(in_, answer)) return Fault(Cause::mistake, "init", "no answer any more, and nothing was written");
  return answer.empty() ? usual : answer;
}

Result<NewEntry> Interview::ask_entry(const std::string& role, const std::string& question, const std::string& example,
                                      const std::map<std::string, keys::Table>& tables) {
  std::vector<const AttachedEntry*> offered;
  for (const AttachedEntry& entry : attached_.entries) {
    if (entry.role != role) continue;
    offered.push_back(&entry);
    out_ << fmt::format("  {}  {}\n     {}\n", offered.size(), printable_line(entry.device.description), entry.text());
  }
  out_ << fmt::format("  {}a driver and its keys, such as: {}\n", offered.empty() ? "" : "or ", example);
  while (true) {
    const auto answer = ask(question, offered.empty() ? "" : "1");
    if (!answer) return answer.error();
    if (const AttachedEntry* chosen = numbered(offered, *answer); chosen != nullptr)
      return NewEntry{chosen->driver, chosen->device.keys, chosen->device.description};
    auto entry = parse_new_entry(*answer, tables);
    if (entry && tables.contains(entry->driver)) return entry;
    out_ << fmt::format("  found {}, expected {}a driver of `coldboot`: {}\n", printable_line(*answer),
                        offered.empty() ? "" : "a number above or ", example);
  }
}

Result<void> Interview::ask_key(NewEntry& entry, const std::string& key, const std::string& question,
                                const std::string& usual) {
  for (const auto& [known, value] : entry.keys) {
    if (known == key) return {};
  }
  const auto answer = ask(question, usual);
  if (!answer) return answer.error();
  entry.keys.emplace_back(key, *answer);
  return {};
}

}  // namespace coldboot
