#include "harness/file/document.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

constexpr std::string_view header_key = "coldboot";
constexpr int version = 1;  ///< of every kind; the first to change gets a table here
constexpr std::array kinds = {Kind::bench, Kind::profile, Kind::scenario, Kind::recording};

std::string quoted_header(Kind kind) {
  return fmt::format("\"{}: {}\"", header_key, header_of(kind));
}

/// "bench/1" taken apart; nothing when it is no such thing.
std::optional<std::pair<std::string, int>> split_header(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(slash + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (digits.empty() || digits.size() > 4 || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  return std::pair(std::string(text.substr(0, slash)), std::stoi(std::string(digits)));
}

bool check_header(Kind kind, const Node& value, Findings& findings) {
  const std::string expected = fmt::format("expected {}", header_of(kind));
  const auto header = value.kind == Node::Kind::scalar ? split_header(value.text) : std::nullopt;
  if (!header) {
    findings.mistake(value.place, fmt::format("found {}, {}", found(value), expected));
    return false;
  }
  const auto& [word, number] = *header;
  if (word != name_of(kind)) {
    std::vector<std::string> known;
    for (const Kind one : kinds) known.emplace_back(name_of(one));
    const bool is_ours = std::find(known.begin(), known.end(), word) != known.end();
    const std::string meant = is_ours ? std::string() : closest(word, known);
    findings.mistake(value.place,
                     is_ours
                         ? fmt::format("found a {} file, expected a {} file ({})", word, name_of(kind), header_of(kind))
                         : fmt::format("found {}, {}", found(value), expected),
                     meant.empty() ? std::string() : fmt::format("did you mean {}/{}?", meant, version));
    return false;
  }
  if (number == version) return true;
  findings.mistake(value.place,
                   number > version
                       ? fmt::format("found {}, which is newer than this coldboot reads, {}", value.text, expected)
                       : fmt::format("found {}, {}", found(value), expected),
                   number > version ? "a newer coldboot reads it" : "");
  return false;
}

/// The names of the files of ours in a folder, for "did you mean".
std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".yaml") names.push_back(entry->path().stem().string());
  }
  return names;
}

bool is_file(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

/// Whether a file says in its header that it is of another kind: benches and profiles may share a name.
bool is_of_another_kind(Kind kind, const std::filesystem::path& path) {
  std::ifstream input(path);
  for (std::string line; std::getline(input, line);) {
    if (!line.starts_with(header_key) || line.size() <= header_key.size() || line[header_key.size()] != ':') continue;
    for (const Kind other : kinds) {
      if (other != kind && line.find(header_of(other)) != std::string::npos) return true;
    }
    return false;
  }
  return false;
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::bench: return "bench";
    case Kind::profile: return "profile";
    case Kind::scenario: return "scenario";
    case Kind::recording: return "recording";
  }
  return "";
}

std::string header_of(Kind kind) {
  return fmt::format("{}/{}", name_of(kind), version);
}

Result<std::string> read_text(const std::filesystem::path& file) {
  const std::size_t most = YamlBounds().bytes;
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    return Fault(Cause::mistake, file.string(), "found a folder, expected a file");
  }
  std::ifstream input(file, std::ios::binary);
  if (!input) {
    const int why = errno;
    return Fault(Cause::mistake, file.string(), fmt::format("cannot be opened: {}", std::strerror(why)));
  }
  std::string text;
  std::array<char, 4096> block{};
  while (input.read(block.data(), block.size()), input.gcount() > 0) {
    text.append(block.data(), static_cast<std::size_t>(input.gcount()));
    if (text.size() > most) {
      return Fault(Cause::mistake, file.string(), fmt::format("found more than {} bytes, expected fewer", most));
    }
  }
  if (input.bad()) return Fault(Cause::io, file.string(), "cannot be read");
  return text;
}

std::optional<Node> parse_document(Kind kind, std::string_view text, const std::filesystem::path& file,
                                   Findings& findings) {
  std::optional<Node> node = parse_yaml(text, file.string(), findings);
  if (!node) return std::nullopt;
  const std::string expected = fmt::format("expected {} first", quoted_header(kind));
  if (node->kind != Node::Kind::map || node->items.empty()) {
    findings.mistake(node->place, fmt::format("found {}, {}", found(*node), expected));
    return std::nullopt;
  }
  if (node->keys.front().text != header_key) {
    const bool later = node->find(header_key) != nullptr;
    findings.mistake(node->keys.front().place,
                     fmt::format("found the key {}, {}", printable_line(node->keys.front().text, 60), expected),
                     later ? "move the line with coldboot to the top" : "");
    return std::nullopt;
  }
  if (!check_header(kind, node->items.front(), findings)) return std::nullopt;
  node->keys.erase(node->keys.begin());
  node->items.erase(node->items.begin());
  return node;
}

Result<std::filesystem::path> find_file(Kind kind, std::string_view name, const std::filesystem::path& beside,
                                        const std::vector<std::filesystem::path>& folders) {
  const std::filesystem::path here = beside.parent_path();
  const std::filesystem::path written(name);
  const bool is_path = name.find('/') != std::string_view::npos || written.extension() == ".yaml";
  if (is_path) {
    const std::filesystem::path path = (here / written).lexically_normal();
    if (is_file(path)) return path;
    return Fault(Cause::mistake, std::string(name),
                 fmt::format("found no file {}, expected a {} file", path.string(), name_of(kind)));
  }
  std::vector<std::filesystem::path> places = {here};
  places.insert(places.end(), folders.begin(), folders.end());
  std::vector<std::string> looked;
  std::vector<std::string> names;
  std::optional<std::filesystem::path> of_another_kind;
  for (const std::filesystem::path& folder : places) {
    const std::filesystem::path path = folder / fmt::format("{}.yaml", name);
    if (is_file(path)) {
      if (!is_of_another_kind(kind, path)) return path;
      if (!of_another_kind) of_another_kind = path;
    }
    looked.push_back(folder.empty() ? "." : folder.string());
    const auto here_are = names_in(folder.empty() ? "." : folder);
    names.insert(names.end(), here_are.begin(), here_are.end());
  }
  if (of_another_kind) return *of_another_kind;  // reading it says what it is
  const std::string meant = closest(name, names);
  return Fault(Cause::mistake, std::string(name),
               fmt::format("found no {}.yaml in {}, expected a {} file", name, fmt::join(looked, ", "), name_of(kind)),
               meant.empty() ? std::string() : fmt::format("did you mean {}?", meant));
}

}  // namespace coldboot
