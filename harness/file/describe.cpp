#include "harness/file/describe.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace coldboot {
namespace {

using keys::Alternative;
using keys::Key;
using keys::Shape;
using Form = keys::Shape::Form;
using Json = nlohmann::ordered_json;

Json schema_of(const Shape& shape);

std::string key_description(const Key& key) {
  return key.fallback.empty() ? key.doc : fmt::format("{} Default: {}.", key.doc, key.fallback);
}

Json schema_of_scalar(std::string_view type, const Shape& shape) {
  Json schema = {{"type", type}};
  if (type == "string") schema["minLength"] = 1;
  if (!shape.pattern.empty()) schema["pattern"] = shape.pattern;
  if (shape.least) schema["minimum"] = *shape.least;
  if (shape.most) schema["maximum"] = *shape.most;
  return schema;
}

Json schema_of_number(std::string_view type, const Shape& shape) {
  Json schema = schema_of_scalar(type, shape);
  if (type != "integer") return schema;
  for (const char* bound : {"minimum", "maximum"})
    schema[bound] = static_cast<std::int64_t>(schema[bound].get<double>());
  return schema;
}

/// An object that a word divides stands in a schema as often as it has words, so what is below it stands elsewhere,
/// once.
bool is_shared(const Shape& shape) {
  return shape.form == Form::object && !shape.selector.empty();
}

std::string name_of_definition(const Shape& shape) {
  std::string name = shape.name;
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

Json reference_to(const Shape& shape) {
  return {{"allOf", {{{"$ref", fmt::format("#/definitions/{}", name_of_definition(shape))}}}}};
}

/// The keys an object has, or has with `word` under its selector.
void add_keys(Json& schema, const std::vector<Key>& keys, std::string_view word = {}) {
  for (const Key& key : keys) {
    if (!keys::has_key(key, word)) continue;
    Json value = is_shared(*key.shape) ? reference_to(*key.shape) : schema_of(*key.shape);
    value["description"] = key_description(key);
    schema["properties"][key.name] = std::move(value);
    if (key.required) schema["required"].push_back(key.name);
  }
}

Json schema_of_object(const Shape& shape, std::string_view word = {}) {
  Json schema = {{"type", "object"}, {"properties", Json::object()}, {"additionalProperties", false}};
  add_keys(schema, shape.keys, word);
  for (const std::string& key : shape.exactly_one) schema["oneOf"].push_back({{"required", {key}}});
  return schema;
}

/// An object whose further keys a word decides: one whole object for each word, so that an editor offers only its keys.
Json schema_of_selected(const Shape& shape) {
  if (shape.tables.empty()) return {{"not", Json::object()}};  // no word is known, so nothing is right
  Json schema = Json::object();
  schema["oneOf"] = Json::array();
  for (const auto& [word, table] : shape.tables) {
    Json one = schema_of_object(shape, word);
    add_keys(one, table->keys);
    for (const std::string& key : table->exactly_one) one["oneOf"].push_back({{"required", {key}}});
    one["properties"][shape.selector]["enum"] = {word};
    schema["oneOf"].push_back(std::move(one));
  }
  return schema;
}

bool needs_no_key(const Shape& shape) {
  return shape.exactly_one.empty() &&
         std::none_of(shape.keys.begin(), shape.keys.end(), [](const Key& key) { return key.required; });
}

Json schema_of_one_of(const Shape& shape) {
  Json schema = {{"oneOf", Json::array()}};
  Json words = Json::array();
  for (const Alternative& one : shape.alternatives) {
    Json value = schema_of(*one.shape);
    if (needs_no_key(*one.shape)) {
      value["type"] = {"object", "null"};
      words.push_back(one.name);
    }
    Json object = {{"type", "object"}, {"description", one.doc}, {"additionalProperties", false}};
    object["properties"][one.name] = std::move(value);
    object["required"] = {one.name};
    schema["oneOf"].push_back(std::move(object));
  }
  if (!words.empty()) schema["oneOf"].push_back({{"enum", words}});
  return schema;
}

Json schema_of_words(const Shape& shape) {
  Json schema = {{"enum", Json::array()}};
  for (const Alternative& word : shape.alternatives) schema["enum"].push_back(word.name);
  return schema;
}

Json schema_of(const Shape& shape) {
  switch (shape.form) {
    case Form::text: return schema_of_scalar("string", shape);
    case Form::integer: return schema_of_number("integer", shape);
    case Form::number: return schema_of_number("number", shape);
    case Form::boolean: return schema_of_scalar("boolean", shape);
    case Form::word: return schema_of_words(shape);
    case Form::list: return {{"type", "array"}, {"minItems", 1}, {"items", schema_of(*shape.item)}};
    case Form::map:
      return {{"type", "object"},
              {"minProperties", 1},
              {"propertyNames", {{"pattern", shape.pattern}}},
              {"additionalProperties", schema_of(*shape.item)}};
    case Form::object: return shape.selector.empty() ? schema_of_object(shape) : schema_of_selected(shape);
    case Form::one_of: return schema_of_one_of(shape);
  }
  return {};
}

/// Adds what references below `shape` refer to.
void define_shared(const Shape& shape, Json& definitions) {
  if (shape.item) define_shared(*shape.item, definitions);
  for (const Alternative& one : shape.alternatives) {
    if (one.shape) define_shared(*one.shape, definitions);
  }
  for (const Key& key : shape.keys) {
    const bool is_new = is_shared(*key.shape) && !definitions.contains(name_of_definition(*key.shape));
    if (is_new) definitions[name_of_definition(*key.shape)] = schema_of(*key.shape);
    define_shared(*key.shape, definitions);
  }
}

// The page: one section for each object, in the order in which a reader comes upon them.

std::string link(const Shape& shape) {
  std::string anchor = shape.name;
  std::replace(anchor.begin(), anchor.end(), ' ', '-');
  return fmt::format("[{}](#{})", shape.name, anchor);
}

/// A cell of a table: '|' would end it.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
  return escaped;
}

std::string value_text(const Shape& shape) {
  switch (shape.form) {
    case Form::list: return fmt::format("list: {}", value_text(*shape.item));
    case Form::map: return fmt::format("map: name → {}", value_text(*shape.item));
    case Form::object:
    case Form::one_of: return link(shape);
    case Form::word: {
      std::vector<std::string> words;
      for (const Alternative& word : shape.alternatives) words.push_back(fmt::format("`{}`", word.name));
      return words.empty() ? "none known" : fmt::format("{}", fmt::join(words, ", "));
    }
    default: break;
  }
  return shape.example.empty() ? shape.expected : fmt::format("{}, such as `{}`", shape.expected, shape.example);
}

std::string words_text(const Shape& shape) {
  std::string text;
  if (shape.form != Form::word) return text;
  for (const Alternative& word : shape.alternatives) {
    if (!word.doc.empty()) text += fmt::format(" `{}`: {}", word.name, word.doc);
  }
  return text;
}

std::string only_with_text(const Key& key) {
  return key.only_with ? fmt::format(" Only with {}.", key.only_with->called) : std::string();
}

std::string key_table(const std::vector<Key>& keys) {
  if (keys.empty()) return "It has no keys.\n";
  std::string table = "| key | value | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const Key& key : keys) {
    const std::string fallback = key.required ? "required" : key.fallback;
    table += fmt::format("| `{}` | {} | {} | {}{}{} |\n", key.name, cell(value_text(*key.shape)), cell(fallback),
                         cell(key.doc), cell(words_text(*key.shape)), only_with_text(key));
  }
  return table;
}

std::string alternatives_table(const Shape& shape) {
  std::string table = "| key | meaning |\n| --- | --- |\n";
  for (const Alternative& one : shape.alternatives) {
    const std::string linked = one.shape->keys.empty() ? std::string() : fmt::format(" See {}.", link(*one.shape));
    table += fmt::format("| `{}` | {}{} |\n", one.name, cell(one.doc), linked);
  }
  return table;
}

/// Writes sections for objects once each, breadth first.
class Page {
 public:
  std::string write(const Shape& document) {
    queue(document);
    for (std::size_t i = 0; i < sections_.size(); ++i) write_section(*sections_[i]);
    return std::move(text_);
  }

 private:
  void queue(const Shape& shape) {
    if (shape.item) return queue(*shape.item);
    const bool has_section = shape.form == Form::one_of || shape.form == Form::object;
    if (has_section && known_.insert(shape.name).second) sections_.push_back(&shape);
  }

  void queue_below(const std::vector<Key>& keys) {
    for (const Key& key : keys) queue(*key.shape);
  }

  void write_section(const Shape& shape) {
    if (&shape != sections_.front()) text_ += fmt::format("\n## {}\n\n{}\n", shape.name, shape.doc);
    text_ += '\n';
    if (shape.form == Form::one_of) {
      text_ += alternatives_table(shape);
      for (const Alternative& one : shape.alternatives) {
        if (!one.shape->keys.empty()) queue(*one.shape);
      }
      return;
    }
    text_ += key_table(shape.keys) + exactly_one_text(shape);
    queue_below(shape.keys);
    write_tables(shape);
  }

  /// Tables that stand in an earlier section already are named there.
  void write_tables(const Shape& shape) {
    std::map<std::string, std::vector<std::string>> earlier;  // section -> words
    for (const auto& [word, table] : shape.tables) {
      const std::string text = fmt::format("`{}: {}`\n\n{}\n\n{}{}", shape.selector, word, table->doc,
                                           key_table(table->keys), exactly_one_text(*table));
      const auto [written, is_new] = tables_.try_emplace(text, &shape);
      if (is_new)
        text_ += fmt::format("\n### {} with {}", shape.name, text);
      else
        earlier[link(*written->second)].push_back(fmt::format("`{}`", word));
    }
    for (const auto& [section, words] : earlier)
      text_ += fmt::format("\nWith `{}` {} the further keys are those of {}.\n", shape.selector, fmt::join(words, ", "),
                           section);
  }

  static std::string exactly_one_text(const Shape& shape) {
    if (shape.exactly_one.empty()) return {};
    return fmt::format("\nExactly one of `{}` must be there.\n", fmt::join(shape.exactly_one, "`, `"));
  }

  std::string text_;
  std::map<std::string, const Shape*> tables_;  ///< those written, and the section they stand in
  std::vector<const Shape*> sections_;
  std::set<std::string> known_;
};

}  // namespace

std::string json_schema(Kind kind, const Shape& document) {
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", fmt::format("coldboot {}", header_of(kind))},
                 {"description", document.doc}};
  Json body = schema_of(document);
  const Json header = {{"enum", {header_of(kind)}}, {"description", "What this file is."}};
  Json properties = {{"coldboot", header}};
  properties.update(body["properties"]);
  body["properties"] = std::move(properties);
  Json& required = body["required"];
  if (required.is_null()) required = Json::array();
  required.insert(required.begin(), "coldboot");
  schema.update(body);
  Json definitions = Json::object();
  define_shared(document, definitions);
  if (!definitions.empty()) schema["definitions"] = std::move(definitions);
  return schema.dump(2) + "\n";
}

std::string reference_page(Kind kind, const Shape& document) {
  constexpr std::string_view rules =
      "Durations, sizes and rates carry their unit. Names are letters, digits, `-` and `_`; labels may have spaces "
      "between words. A text that looks like a "
      "number, or "
      "like a boolean to some YAML reader (`on`, `no`, `y`), is quoted. Paths are relative to the folder of the file. "
      "A regular "
      "expression reads best in single quotes, where a backslash stays one; in texts to type, `\\r`, `\\n`, `\\t`, "
      "`\\e`, "
      "`\\xHH` and `\\\\` stand for bytes in either quoting. Anchors and aliases are refused.";
  return fmt::format(
      "# {} file\n\n{}\n\nIts first line is `coldboot: {}`.\n\n{}\n\nThis page is generated from the description the "
      "reader itself uses.\n{}",
      name_of(kind), document.doc, header_of(kind), rules, Page().write(document));
}

}  // namespace coldboot
