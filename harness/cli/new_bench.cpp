#include "harness/cli/new_bench.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/file/document.hpp"
#include "harness/file/yaml.hpp"
#include "harness/io/command_words.hpp"

namespace coldboot {
namespace {

/// Whether the driver's table says that a key is a text, which is quoted where it looks like something else.
bool is_text(const std::map<std::string, keys::Table>& tables, const std::string& driver, const std::string& key) {
  const auto table = tables.find(driver);
  if (table == tables.end()) return false;
  const auto& known = table->second.shape->keys;
  const auto found = std::ranges::find(known, key, &keys::Key::name);
  return found != known.end() && found->shape->form == keys::Shape::Form::text;
}

/// A number, a duration, a word: what stands in a file without quotes.
bool needs_no_quotes(std::string_view value) {
  constexpr std::string_view signs = " ._+-";
  return !value.empty() && value.front() != ' ' && value.front() != '-' && std::ranges::all_of(value, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || signs.find(c) != signs.npos;
  });
}

void add_keys(std::string& text, const NewEntry& entry, std::string_view indent) {
  text += fmt::format("{}driver: {}\n", indent, entry.driver);
  for (const auto& [key, value] : entry.keys) text += fmt::format("{}{}: {}\n", indent, key, value);
}

bool has_key(const NewEntry& entry, std::string_view key) {
  return std::ranges::find(entry.keys, key, &std::pair<std::string, std::string>::first) != entry.keys.end();
}

std::string described(const NewEntry& entry) {
  return entry.description.empty() ? "" : fmt::format(" Found here: {}.", printable_line(entry.description));
}

}  // namespace

Result<NewEntry> parse_new_entry(const std::string& line, const std::map<std::string, keys::Table>& tables) {
  const auto words = command_words(line);
  if (!words) return words.error();
  NewEntry entry{.driver = words->front()};
  for (auto word = words->begin() + 1; word != words->end(); ++word) {
    const std::size_t equals = word->find('=');
    if (equals == 0 || equals == std::string::npos) {
      return Fault(Cause::mistake, printable_line(line),
                   fmt::format("found {}, expected KEY=VALUE", printable_line(*word)),
                   "the driver comes first, then its keys: hid-relay id=BITFT channel=2");
    }
    const std::string key = word->substr(0, equals);
    const std::string value = word->substr(equals + 1);
    const bool quoted = is_text(tables, entry.driver, key) || !needs_no_quotes(value);
    entry.keys.emplace_back(key, quoted ? yaml_text(value) : value);
  }
  return entry;
}

std::string text_of(const NewBench& bench) {
  std::string text = fmt::format(
      "# A bench: one DUT and the devices wired to it. docs/reference/bench.md describes every key.\n"
      "# After each change of file or wiring: coldboot doctor on this file; with --switch it cycles power, too.\n"
      "coldboot: {}\nname: {}\n\n",
      header_of(Kind::bench), yaml_text(bench.name));
  text += fmt::format("# What turns the DUT on and off.{}\npower:\n", described(bench.power));
  add_keys(text, bench.power, "  ");
  if (!has_key(bench.power, "off-min"))
    text += "  off-min: 10 s  # power stays off this long, so that the supply discharges\n";
  if (!has_key(bench.power, "safe"))
    text += "  safe: {state: off-cut}  # how a run leaves the DUT; off-clean halts its system first\n";
  text += "\n# Serial consoles of the DUT; the first is the main one.\nconsoles:\n";
  for (std::size_t i = 0; i < bench.consoles.size(); ++i) {
    const NewEntry& console = bench.consoles[i];
    text += fmt::format("  com{}:{}\n", i + 1, console.description.empty() ? "" : "  #" + described(console));
    add_keys(text, console, "    ");
  }
  return text;
}

}  // namespace coldboot
