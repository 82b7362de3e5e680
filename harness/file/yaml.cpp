#include "harness/file/yaml.hpp"

#include <algorithm>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

/// The text by lines, to turn a parser's byte column into a column of characters and to name bad bytes.
class Lines {
 public:
  Lines(std::string_view text, std::string file) : file_(std::move(file)) {
    while (true) {
      const std::size_t end = text.find('\n');
      lines_.push_back(text.substr(0, end));
      if (end == std::string_view::npos) break;
      text.remove_prefix(end + 1);
    }
  }

  /// Both count from 0, in bytes.
  [[nodiscard]] Place place(int line, int column) const {
    if (line < 0) return {file_, 0, 0};
    if (static_cast<std::size_t>(line) >= lines_.size()) return {file_, line + 1, 1};
    const std::string_view before =
        lines_[static_cast<std::size_t>(line)].substr(0, static_cast<std::size_t>(std::max(column, 0)));
    const auto characters = std::count_if(before.begin(), before.end(),
                                          [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    return {file_, line + 1, static_cast<int>(characters) + 1};
  }

  /// Says where the first byte stands that is no text, if there is one.
  [[nodiscard]] std::optional<Place> first_bad_byte() const {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      std::string_view line = lines_[i];
      if (line.ends_with('\r')) line.remove_suffix(1);
      const std::string shown = printable(line);
      if (shown == line) continue;
      const auto differs = std::mismatch(line.begin(), line.end(), shown.begin(), shown.end()).first;
      return place(static_cast<int>(i), static_cast<int>(differs - line.begin()));
    }
    return std::nullopt;
  }

 private:
  std::string file_;
  std::vector<std::string_view> lines_;
};

/// Ends the parse; yaml-cpp knows no other way to stop than an exception.
struct Refused {
  Place place;
  std::string what;
  std::string hint;
};

/// Builds the tree from the parser's events and refuses what coldboot's files do not have.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const Lines& lines, const YamlBounds& bounds, Findings& findings)
      : lines_(lines), bounds_(bounds), findings_(findings) {}

  [[nodiscard]] std::optional<Node> take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (root_) throw Refused{place(mark), "found a second document, expected one document in a file", {}};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(begin(Node::Kind::empty, mark, "", anchor));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_sharing(mark, "an alias (*)"); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = begin(Node::Kind::scalar, mark, tag, anchor);
    node.style = tag == "!" ? Node::Style::quoted : Node::Style::plain;
    node.text = value;
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(begin(Node::Kind::list, mark, tag, anchor));
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(begin(Node::Kind::map, mark, tag, anchor));
  }
  void OnMapEnd() override {
    report_duplicates(open_.back());
    close();
  }

 private:
  [[nodiscard]] Place place(const YAML::Mark& mark) const { return lines_.place(mark.line, mark.column); }

  [[noreturn]] void refuse_sharing(const YAML::Mark& mark, std::string_view what) const {
    throw Refused{place(mark), fmt::format("found {}, expected every value written out where it stands", what),
                  "profiles share by include"};
  }

  Node begin(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) refuse_sharing(mark, "an anchor (&)");
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw Refused{
          place(mark), fmt::format("found the tag {}, expected a value without one", printable_line(tag, 40)), {}};
    }
    if (++values_ > bounds_.values) {
      throw Refused{place(mark), fmt::format("found more than {} values, expected fewer", bounds_.values), {}};
    }
    Node node;
    node.kind = kind;
    node.place = place(mark);
    return node;
  }

  void open(Node node) {
    if (open_.size() >= static_cast<std::size_t>(bounds_.depth)) {
      throw Refused{node.place, fmt::format("found more than {} levels, expected fewer", bounds_.depth), {}};
    }
    open_.push_back(std::move(node));
  }

  void close() {
    Node finished = std::move(open_.back());
    open_.pop_back();
    add(std::move(finished));
  }

  void add(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Node& parent = open_.back();
    if (parent.kind == Node::Kind::map && parent.keys.size() == parent.items.size()) {
      if (node.kind != Node::Kind::scalar) {
        throw Refused{node.place, fmt::format("found {} as a key, expected a word", found(node)), {}};
      }
      parent.keys.push_back(std::move(node));
    } else {
      parent.items.push_back(std::move(node));
    }
  }

  void report_duplicates(const Node& map) {
    std::map<std::string_view, const Place*> seen;
    for (const Node& key : map.keys) {
      const auto [first, fresh] = seen.emplace(key.text, &key.place);
      if (fresh) continue;
      findings_.mistake(key.place, fmt::format("found the key {} again, expected it once; it stands in line {} already",
                                               printable_line(key.text, 60), first->second->line));
    }
  }

  const Lines& lines_;
  const YamlBounds& bounds_;
  Findings& findings_;
  std::vector<Node> open_;  ///< lists and maps not yet closed, outermost first
  std::optional<Node> root_;
  std::size_t values_ = 0;
};

/// Whether every reader takes it for a text when it stands there as it is.
bool is_plain_word(std::string_view text) {
  constexpr std::string_view signs = "-_./";
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto fits = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || signs.find(c) != std::string_view::npos;
  };
  return !text.empty() && is_letter(text.front()) && std::ranges::all_of(text, fits) && !looks_like_boolean(text) &&
         !looks_like_number(text) && text != "null" && text != "Null" && text != "NULL";
}

}  // namespace

std::string yaml_text(std::string_view text) {
  if (is_plain_word(text)) return std::string(text);
  std::string quoted = "\"";
  for (const char c : printable_line(text, text.size() + 1)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::optional<Node> parse_yaml(std::string_view text, const std::string& file, Findings& findings,
                               const YamlBounds& bounds) {
  if (text.size() > bounds.bytes) {
    findings.mistake({file, 0, 0}, fmt::format("found {} bytes, expected at most {}", text.size(), bounds.bytes));
    return std::nullopt;
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark says nothing in UTF-8
  const Lines lines(text, file);
  if (const auto bad = lines.first_bad_byte()) {
    findings.mistake(*bad, "found a byte that is no UTF-8 text, expected printable text", "save the file as UTF-8");
    return std::nullopt;
  }
  TreeBuilder tree(lines, bounds, findings);
  try {
    std::istringstream input{std::string(text)};
    YAML::Parser parser(input);
    while (parser.HandleNextDocument(tree)) {
    }
  } catch (const Refused& refused) {
    findings.mistake(refused.place, refused.what, refused.hint);
    return std::nullopt;
  } catch (const YAML::Exception& error) {
    findings.mistake(lines.place(error.mark.line, error.mark.column),
                     fmt::format("found no YAML here: {}", printable_line(error.msg)),
                     "a text with \": \" or \" #\" in it, or with a sign in front, must be quoted");
    return std::nullopt;
  }
  if (auto root = tree.take_root()) return root;
  return Node{Node::Kind::empty, Node::Style::plain, {}, {}, {}, {file, 1, 1}};
}

}  // namespace coldboot
