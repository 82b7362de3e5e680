#include "harness/file/keys.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/text.hpp"

namespace coldboot::keys {
namespace {

constexpr std::size_t longest_name = 100;
constexpr std::string_view name_pattern = "^[A-Za-z0-9][A-Za-z0-9_-]*$";
constexpr std::string_view label_pattern = "^[A-Za-z0-9]([A-Za-z0-9 _-]*[A-Za-z0-9_-])?$";
constexpr std::string_view file_name_pattern = "^[A-Za-z0-9./_][A-Za-z0-9./_+-]*$";
constexpr std::string_view duration_pattern = "^[0-9]+(\\.[0-9]+)? *(ns|us|ms|s|min|h)$";
constexpr std::string_view time_limit_pattern = "^(?=.*[1-9])[0-9]+(\\.[0-9]+)? *(ns|us|ms|s|min|h)$";
constexpr std::string_view size_pattern = "^[0-9]+(\\.[0-9]+)? *(B|KiB|MiB|GiB|TiB)$";
constexpr std::string_view line_rate_pattern = "^[0-9]+[neo][5-8][12]?$";

bool is_word_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// As name_pattern says.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && is_word_character(text.front()) && text.front() != '_' &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_word_character(c) || c == '-'; });
}

/// As label_pattern says.
bool is_label(std::string_view text) {
  std::string joined(text);
  std::replace(joined.begin(), joined.end(), ' ', '-');
  return is_name(joined) && !text.ends_with(' ');
}

/// As file_name_pattern says.
bool is_file_name(std::string_view text) {
  constexpr std::string_view marks = "./-+";
  return !text.empty() && text.size() <= longest_name && text.front() != '-' && text.front() != '+' &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_word_character(c) || marks.find(c) != std::string_view::npos; });
}

Shape scalar(Shape::Form form, std::string expected, std::string example, std::string_view pattern = {}) {
  Shape shape;
  shape.form = form;
  shape.expected = std::move(expected);
  shape.example = std::move(example);
  shape.pattern = pattern;
  return shape;
}

std::string expectation(const Shape& shape) {
  return shape.example.empty() ? shape.expected : fmt::format("{} such as {}", shape.expected, shape.example);
}

void report(const Node& node, const Shape& shape, Findings& findings, std::string hint = {}) {
  findings.mistake(node.place, fmt::format("found {}, expected {}", found(node), expectation(shape)), std::move(hint));
}

/// True where the value was written without quotes in a file, and so is a number or a boolean to some readers.
bool is_plain(const Node& node) {
  return node.kind == Node::Kind::scalar && node.style == Node::Style::plain;
}

/// The text of a value that must be one. Unquoted numbers and booleans are refused, because what they become depends
/// on the reader: 2.10 is 2.1 to some, "no" is false to others.
std::optional<std::string> read_text(const Node& node, const Shape& shape, Findings& findings) {
  if (node.kind != Node::Kind::scalar || node.text.empty()) {
    report(node, shape, findings);
    return std::nullopt;
  }
  const std::string quote = fmt::format("quote it: \"{}\"", printable_line(node.text, 60));
  if (is_plain(node) && looks_like_number(node.text)) {
    report(node, shape, findings, quote);
    return std::nullopt;
  }
  if (is_plain(node) && looks_like_boolean(node.text)) {
    findings.mistake(
        node.place,
        fmt::format("found {}, which some YAML readers take for a boolean, expected {}", node.text, expectation(shape)),
        quote);
    return std::nullopt;
  }
  return node.text;
}

/// A type that reads text and then makes a T of it; `parse` says what is wrong in the words of its fault.
template <class T, class Parse>
Type<T> parsed(Shape description, const Parse& parse) {
  const auto shape = std::make_shared<const Shape>(std::move(description));
  return {shape, [shape, parse](const Node& node, Findings& findings) -> std::optional<T> {
            const auto text = read_text(node, *shape, findings);
            if (!text) return std::nullopt;
            Result<T> value = parse(*text, node.place);
            if (value) return std::move(*value);
            const Fault fault = value.error();
            findings.mistake(node.place, fault.what(), fault.hint());
            return std::nullopt;
          }};
}

/// Text of a few allowed characters; `rule` tells which where others were found.
Type<std::string> spelled(std::string expected, std::string rule, std::string example, std::string_view pattern,
                          bool (*allowed)(std::string_view)) {
  return parsed<std::string>(
      scalar(Shape::Form::text, std::move(expected), std::move(example), pattern),
      [rule = std::move(rule), allowed](const std::string& text, const Place&) -> Result<std::string> {
        if (allowed(text)) return text;
        return Fault(Cause::mistake, "", fmt::format("found \"{}\", expected {}", printable_line(text, 60), rule));
      });
}

/// Quantities carry a unit; a bare number says nothing about which. 9600e7 is a line rate to us and a number to YAML.
template <class T, class Parse>
Type<T> quantity(Shape description, Parse parse) {
  Type<T> type = parsed<T>(std::move(description), parse);
  return {type.shape, [type, parse](const Node& node, Findings& findings) -> std::optional<T> {
            if (!is_plain(node) || !looks_like_number(node.text)) return type.read(node, findings);
            const bool only_looks = parse(node.text, node.place).has_value();
            report(node, *type.shape, findings,
                   only_looks ? fmt::format("quote it: \"{}\"", node.text) : "a quantity carries its unit");
            return std::nullopt;
          }};
}

/// A number as decimal digits say it: no quotes, no leading zero that would make it octal to some.
template <class T>
std::optional<T> read_number(const Node& node, const Shape& shape, Findings& findings) {
  T value{};
  const char* end = node.text.data() + node.text.size();
  const bool unquoted = node.kind == Node::Kind::scalar && node.style != Node::Style::quoted;
  const std::string_view digits = std::string_view(node.text).substr(node.text.starts_with('-') ? 1 : 0);
  const bool octal = digits.size() > 1 && digits[0] == '0' && digits[1] != '.';
  const auto [rest, failed] = std::from_chars(node.text.data(), end, value);
  const bool in_range = failed == std::errc{} && rest == end && static_cast<double>(value) >= *shape.least &&
                        static_cast<double>(value) <= *shape.most;
  if (unquoted && !octal && in_range) return value;
  const bool would_do = node.kind == Node::Kind::scalar && !unquoted && in_range;
  report(node, shape, findings, would_do ? "leave the quotes out" : octal ? "leave the zero in front out" : "");
  return std::nullopt;
}

template <class T>
Type<T> number_type(Shape description, double least, double most) {
  description.least = least;
  description.most = most;
  const auto shape = std::make_shared<const Shape>(std::move(description));
  return {shape, [shape](const Node& node, Findings& findings) { return read_number<T>(node, *shape, findings); }};
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// One escape, `text` standing after its backslash: the byte it means, with the escape taken off.
std::optional<char> take_escape(std::string_view& text) {
  static constexpr std::string_view letters = "rnte\\";
  static constexpr std::string_view bytes = "\r\n\t\x1b\\";
  if (text.empty()) return std::nullopt;
  if (const std::size_t letter = letters.find(text[0]); letter != std::string_view::npos) {
    text.remove_prefix(1);
    return bytes[letter];
  }
  if (text[0] != 'x' || text.size() < 3 || hex_value(text[1]) < 0 || hex_value(text[2]) < 0) return std::nullopt;
  const auto byte = static_cast<char>(hex_value(text[1]) * 16 + hex_value(text[2]));
  text.remove_prefix(3);
  return byte;
}

Result<std::string> resolve_escapes(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c != '\\') {
      bytes += c;
      continue;
    }
    const auto byte = take_escape(text);
    if (!byte) {
      return Fault(Cause::mistake, "",
                   fmt::format("found the escape \"\\{}\", expected one of \\r \\n \\t \\e \\\\ \\xHH",
                               printable_line(text.substr(0, 1))));
    }
    bytes += *byte;
  }
  return bytes;
}

/// The known name somebody may have meant: nearly the same, or one that begins or ends like it.
std::string meant(std::string_view wanted, const std::vector<std::string>& known) {
  std::string best = closest(wanted, known);
  if (best.empty() && wanted.size() >= 2) {
    const auto alike = std::find_if(known.begin(), known.end(), [&](const std::string& name) {
      return name.starts_with(wanted) || name.ends_with(wanted);
    });
    if (alike != known.end()) best = *alike;
  }
  return best.empty() ? best : fmt::format("did you mean {}?", best);
}

std::vector<std::string> names_of(const std::vector<Alternative>& alternatives) {
  std::vector<std::string> names;
  for (const Alternative& one : alternatives) names.push_back(one.name);
  return names;
}

std::optional<std::size_t> index_of(std::string_view name, const std::vector<std::string>& names) {
  const auto found_at = std::find(names.begin(), names.end(), name);
  if (found_at == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found_at - names.begin());
}

void report_unknown_key(const Node& key, const std::vector<std::string>& known, Findings& findings) {
  findings.mistake(
      key.place,
      fmt::format("found the key {}, expected one of {}", printable_line(key.text, 60), fmt::join(known, ", ")),
      meant(key.text, known));
}

/// The table chosen by the selector's word; nothing where there is no selector or the word is unknown.
const Shape* selected_table(const Node& node, const Shape& shape) {
  const Node* word = shape.selector.empty() ? nullptr : node.find(shape.selector);
  if (word == nullptr) return nullptr;
  const auto table = shape.tables.find(word->text);
  return table == shape.tables.end() ? nullptr : table->second.get();
}

bool is_complete(const Node& node, const Shape& shape, Findings& findings) {
  bool complete = true;
  for (const Key& key : shape.keys) {
    if (!key.required || node.find(key.name) != nullptr) continue;
    findings.mistake(node.place,
                     fmt::format("found no key {}, expected {}: {}", key.name, key.name, expectation(*key.shape)));
    complete = false;
  }
  return complete;
}

bool has_exactly_one(const Node& node, const Shape& shape, Findings& findings) {
  if (shape.exactly_one.empty()) return true;
  std::vector<std::string> there;
  for (const std::string& key : shape.exactly_one) {
    if (node.find(key) != nullptr) there.push_back(key);
  }
  if (there.size() == 1) return true;
  findings.mistake(node.place, fmt::format("found {}, expected exactly one of {}",
                                           there.empty() ? "none" : fmt::format("{}", fmt::join(there, " and ")),
                                           fmt::join(shape.exactly_one, ", ")));
  return false;
}

}  // namespace

Type<std::string> text(std::string example) {
  return parsed<std::string>(scalar(Shape::Form::text, "a text", std::move(example)),
                             [](const std::string& text, const Place&) { return Result<std::string>(text); });
}

Type<std::string> typed_text(std::string example) {
  return parsed<std::string>(
      scalar(Shape::Form::text, "a text to type, with \\r for the return key", std::move(example)),
      [](const std::string& text, const Place&) { return resolve_escapes(text); });
}

Type<std::string> name(std::string example) {
  return spelled("a name", "a name of letters, digits, '-' and '_'", std::move(example), name_pattern, is_name);
}

Type<std::string> label(std::string example) {
  return spelled("a label", "letters, digits, '-', '_' and spaces between words", std::move(example), label_pattern,
                 is_label);
}

Type<std::string> file_name(std::string example) {
  return spelled("a file's name or path", "a file's name or path", std::move(example), file_name_pattern, is_file_name);
}

Type<std::filesystem::path> path(std::string example) {
  return parsed<std::filesystem::path>(
      scalar(Shape::Form::text, "a file, relative to the folder of this one", std::move(example)),
      [](const std::string& text, const Place& place) {
        return Result<std::filesystem::path>(
            (std::filesystem::path(place.file).parent_path() / text).lexically_normal());
      });
}

Type<int> integer(int least, int most, std::string example) {
  const std::string bounds = most == std::numeric_limits<int>::max() ? fmt::format("from {}", least)
                                                                     : fmt::format("from {} to {}", least, most);
  return number_type<int>(scalar(Shape::Form::integer, fmt::format("a whole number {}", bounds), std::move(example)),
                          least, most);
}

Type<double> number(double least, double most, std::string example) {
  return number_type<double>(
      scalar(Shape::Form::number, fmt::format("a number from {} to {}", least, most), std::move(example)), least, most);
}

Type<bool> boolean() {
  const auto shape = std::make_shared<const Shape>(scalar(Shape::Form::boolean, "true or false", ""));
  return {shape, [shape](const Node& node, Findings& findings) -> std::optional<bool> {
            const bool unquoted = node.kind == Node::Kind::scalar && node.style != Node::Style::quoted;
            if (unquoted && node.text == "true") return true;
            if (unquoted && node.text == "false") return false;
            report(node, *shape, findings);
            return std::nullopt;
          }};
}

Type<Nanos> duration(std::string example) {
  return quantity<Nanos>(scalar(Shape::Form::text, "a duration", std::move(example), duration_pattern),
                         [](const std::string& text, const Place&) { return parse_duration(text); });
}

Type<Nanos> time_limit(std::string example) {
  return quantity<Nanos>(scalar(Shape::Form::text, "a duration above 0 s", std::move(example), time_limit_pattern),
                         [](const std::string& text, const Place&) -> Result<Nanos> {
                           auto value = parse_duration(text);
                           if (value && *value == Nanos::zero()) {
                             return Fault(
                                 Cause::mistake, "",
                                 fmt::format("found \"{}\", expected a duration above 0 s such as 60 s", text));
                           }
                           return value;
                         });
}

Type<std::uint64_t> size(std::string example) {
  return quantity<std::uint64_t>(scalar(Shape::Form::text, "a size", std::move(example), size_pattern),
                                 [](const std::string& text, const Place&) { return parse_size(text); });
}

Type<LineRate> line_rate(std::string example) {
  return quantity<LineRate>(scalar(Shape::Form::text, "a line rate", std::move(example), line_rate_pattern),
                            [](const std::string& text, const Place&) { return parse_line_rate(text); });
}

bool has_key(const Key& key, std::string_view word) {
  if (!key.only_with) return true;
  const std::vector<std::string>& words = key.only_with->words;
  return std::find(words.begin(), words.end(), word) != words.end();
}

Table detail::scalar_table(ShapePtr shape, std::function<void(const Node&, Findings&)> check) {
  assert(std::all_of(shape->keys.begin(), shape->keys.end(), [](const Key& key) {
    return key.shape->form <= Shape::Form::word;  // a driver's keys are kept as text, so each must be one scalar
  }));
  return {std::move(shape), std::move(check)};
}

ShapePtr detail::word_shape(std::vector<Alternative> words) {
  Shape shape;
  shape.form = Shape::Form::word;
  shape.alternatives = std::move(words);
  shape.expected = fmt::format("{}", fmt::join(names_of(shape.alternatives), " or "));
  return std::make_shared<const Shape>(std::move(shape));
}

ShapePtr detail::list_shape(ShapePtr item) {
  Shape shape;
  shape.form = Shape::Form::list;
  shape.expected = "a list of at least one";
  shape.item = std::move(item);
  return std::make_shared<const Shape>(std::move(shape));
}

ShapePtr detail::map_shape(ShapePtr item, const Shape& key) {
  Shape shape;
  shape.form = Shape::Form::map;
  shape.expected = "a map of at least one name";
  shape.pattern = key.pattern;
  shape.item = std::move(item);
  return std::make_shared<const Shape>(std::move(shape));
}

std::optional<std::size_t> detail::read_word(const Node& node, const Shape& shape, Findings& findings) {
  const std::vector<std::string> names = names_of(shape.alternatives);
  if (node.kind == Node::Kind::scalar) {
    if (const auto index = index_of(node.text, names)) return index;
  }
  report(node, shape, findings, node.kind == Node::Kind::scalar ? meant(node.text, names) : std::string());
  return std::nullopt;
}

bool detail::expect_list(const Node& node, const Shape& shape, Findings& findings) {
  if (node.kind == Node::Kind::list && !node.items.empty()) return true;
  report(node, shape, findings, node.kind == Node::Kind::scalar ? "a list stands in brackets: [one, two]" : "");
  return false;
}

bool detail::expect_map(const Node& node, const Shape& shape, Findings& findings) {
  if (node.kind == Node::Kind::map && !node.items.empty()) return true;
  report(node, shape, findings);
  return false;
}

bool detail::read_object(const Node& node, const Shape& shape, Findings& findings,
                         const std::function<bool(std::size_t key, const Node& value)>& take) {
  if (node.kind != Node::Kind::map) {
    report(node, shape, findings);
    return false;
  }
  const Shape* table = selected_table(node, shape);
  std::vector<std::string> own;
  std::vector<std::string> known;
  for (const Key& key : shape.keys) {
    own.push_back(key.name);
    if (table == nullptr || has_key(key, node.find(shape.selector)->text)) known.push_back(key.name);
  }
  if (table != nullptr) {
    for (const Key& key : table->keys) known.push_back(key.name);
  }
  const bool all_known = shape.selector.empty() || table != nullptr;
  bool good = true;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const bool is_known = index_of(node.keys[i].text, known).has_value();
    const auto key = index_of(node.keys[i].text, own);
    if (key && (is_known || !all_known)) {
      good = take(*key, node.items[i]) && good;
    } else if (all_known && !is_known) {
      report_unknown_key(node.keys[i], known, findings);
      good = false;
    }
  }
  good = is_complete(node, shape, findings) && good;
  return has_exactly_one(node, shape, findings) && good;
}

std::optional<std::pair<std::size_t, Node>> detail::read_one_of(const Node& node, const Shape& shape,
                                                                Findings& findings) {
  const std::vector<std::string> names = names_of(shape.alternatives);
  const bool is_word = node.kind == Node::Kind::scalar;
  const bool has_one_key = node.kind == Node::Kind::map && node.items.size() == 1;
  if (!is_word && !has_one_key) {
    findings.mistake(
        node.place,
        fmt::format("found {}{}, expected one of {}", found(node), node.items.size() > 1 ? " of several keys" : "",
                    fmt::join(names, ", ")),
        node.items.size() > 1 ? "each begins with its own \"- \", and what belongs to it stands in braces" : "");
    return std::nullopt;
  }
  const Node& key = is_word ? node : node.keys.front();
  const auto index = index_of(key.text, names);
  if (!index) {
    findings.mistake(key.place,
                     fmt::format("found {}, expected one of {}", printable_line(key.text, 60), fmt::join(names, ", ")),
                     meant(key.text, names));
    return std::nullopt;
  }
  Node below;
  if (has_one_key && node.items.front().kind != Node::Kind::empty) {
    below = node.items.front();
  } else {
    below.kind = Node::Kind::map;
    below.place = key.place;
  }
  return std::pair(*index, std::move(below));
}

std::optional<std::map<std::string, std::string>> detail::read_selected(const Node& node, const Shape& shape,
                                                                        const std::map<std::string, Table>& tables,
                                                                        Findings& findings) {
  const Node* word = node.find(shape.selector);
  if (word == nullptr) return std::nullopt;  // reported as a missing key
  const auto selector =
      std::find_if(shape.keys.begin(), shape.keys.end(), [&](const Key& key) { return key.name == shape.selector; });
  if (!read_word(*word, *selector->shape, findings)) return std::nullopt;
  const Table& table = tables.at(word->text);
  Node own;
  own.kind = Node::Kind::map;
  own.place = node.place;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const bool is_of_table = std::any_of(table.shape->keys.begin(), table.shape->keys.end(),
                                         [&](const Key& key) { return key.name == node.keys[i].text; });
    if (!is_of_table) continue;
    own.keys.push_back(node.keys[i]);
    own.items.push_back(node.items[i]);
  }
  table.check(own, findings);
  std::map<std::string, std::string> kept;
  for (std::size_t i = 0; i < own.items.size(); ++i) kept.emplace(own.keys[i].text, own.items[i].text);
  return kept;
}

Node detail::kept_map(const std::map<std::string, std::string>& keys, const Place& place) {
  Node map;
  map.kind = Node::Kind::map;
  map.place = place;
  for (const auto& [key, text] : keys) {
    map.keys.push_back({Node::Kind::scalar, Node::Style::kept, key, {}, {}, place});
    map.items.push_back({Node::Kind::scalar, Node::Style::kept, text, {}, {}, place});
  }
  return map;
}

}  // namespace coldboot::keys
