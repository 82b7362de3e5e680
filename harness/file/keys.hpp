#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/units.hpp"
#include "harness/file/findings.hpp"
#include "harness/file/node.hpp"

/// The one description of keys. A file kind, or a driver, says once which keys it has:
///
///     const auto span = keys::object<SpanFile>("span", "A time from one marker to another.")
///                           .required("from", &SpanFile::from, keys::name(), "Marker at which it begins.")
///                           .optional("title", &SpanFile::title, keys::text(), "How people call it.");
///
/// and from that come the reader with its messages, the JSON Schema and the reference page.
namespace coldboot::keys {

struct Shape;
using ShapePtr = std::shared_ptr<const Shape>;

/// Some of the words under an object's selector, and what people call them: "a relay".
struct Words {
  std::vector<std::string> words;
  std::string called;
};

/// One key of an object, as documented.
struct Key {
  std::string name;
  ShapePtr shape;
  std::string doc;
  bool required = false;
  std::string fallback;            ///< the default, for people; empty: none is set
  std::optional<Words> only_with;  ///< an object has it with these words only; nothing: with any
};

/// One word a value may be, or one key of which a value has exactly one.
struct Alternative {
  std::string name;
  std::string doc;
  ShapePtr shape;  ///< of what stands under the key; nothing for a word
};

/// What a value may be, told to people and editors.
struct Shape {
  enum class Form { text, integer, number, boolean, word, list, map, object, one_of };

  Form form = Form::text;
  std::string expected;         ///< "a duration"
  std::string example;          ///< as it stands in a file
  std::string pattern;          ///< of a text: a regular expression both PCRE2 and ECMAScript read; empty: any
  std::optional<double> least;  ///< of a number
  std::optional<double> most;
  std::string name;                        ///< of an object: "span"
  std::string doc;                         ///< of an object: one line
  std::vector<Key> keys;                   ///< of an object
  std::vector<std::string> exactly_one;    ///< of these keys of an object
  std::string selector;                    ///< key whose word decides which further keys there are: "driver"
  std::map<std::string, ShapePtr> tables;  ///< by that word
  std::vector<Alternative> alternatives;   ///< of a word or one_of
  ShapePtr item;                           ///< of a list or a map
};

/// How a value of C++ type T is written in a file. `read` gives nothing after it told `findings` why.
template <class T>
struct Type {
  ShapePtr shape;
  std::function<std::optional<T>(const Node& node, Findings& findings)> read;
};

/// A description whose C++ type does not matter to its user: the keys of a driver.
struct Table {
  ShapePtr shape;
  std::function<void(const Node& node, Findings& findings)> check;
};

/// Whether an object whose selector says `word` has the key.
[[nodiscard]] bool has_key(const Key& key, std::string_view word);

namespace detail {
Table scalar_table(ShapePtr shape, std::function<void(const Node&, Findings&)> check);
}

/// The description of a driver's keys, each of which must be a scalar.
template <class T>
Table table(const Type<T>& type) {
  return detail::scalar_table(type.shape,
                              [type](const Node& node, Findings& findings) { (void)type.read(node, findings); });
}

/// A value together with where it stands, for checks that come after reading.
template <class T>
struct Placed {
  T value{};
  Place place;
};

/// One entry of a map whose keys are names the user chose.
template <class T>
struct Entry {
  std::string name;
  T value{};
  Place place;
};

// Scalars.

/// Text as it stands; what looks like a number or a boolean must be quoted.
Type<std::string> text(std::string example = {});
/// Text to be typed or matched byte by byte, in which \r \n \t \e \\ and \xHH stand for bytes in either quoting.
Type<std::string> typed_text(std::string example = {});
/// A name of the user's own: letters, digits, '-' and '_', so that limits can speak of it.
Type<std::string> name(std::string example = {});
/// What people call a property of a DUT: as name(), with spaces between words.
Type<std::string> label(std::string example = {});
/// The name of a file of ours: as name(), and dots and slashes.
Type<std::string> file_name(std::string example = {});
/// A file, relative to the folder of the file it is named in.
Type<std::filesystem::path> path(std::string example = {});
Type<int> integer(int least = 0, int most = std::numeric_limits<int>::max(), std::string example = {});
Type<double> number(double least, double most, std::string example = {});
/// true or false and no other word.
Type<bool> boolean();
Type<Nanos> duration(std::string example = "10 s");
/// A duration longer than none.
Type<Nanos> time_limit(std::string example = "60 s");
Type<std::uint64_t> size(std::string example = "8 MiB");
Type<LineRate> line_rate(std::string example = "115200n8");

template <class E>
struct Word {
  std::string name;
  E value;
  std::string doc;
};

namespace detail {
ShapePtr word_shape(std::vector<Alternative> words);
ShapePtr list_shape(ShapePtr item);
ShapePtr map_shape(ShapePtr item, const Shape& key);
/// Which of the words of `shape` the node is.
std::optional<std::size_t> read_word(const Node& node, const Shape& shape, Findings& findings);
bool expect_list(const Node& node, const Shape& shape, Findings& findings);
bool expect_map(const Node& node, const Shape& shape, Findings& findings);
/// Reads a map by the keys of `shape`: calls `take` for each known one, reports unknown and missing ones. Keys of the
/// selected table are known too, but left to read_selected().
bool read_object(const Node& node, const Shape& shape, Findings& findings,
                 const std::function<bool(std::size_t key, const Node& value)>& take);
/// Which alternative of a one_of shape the node is, and the value below its key (an empty map where there is none).
std::optional<std::pair<std::size_t, Node>> read_one_of(const Node& node, const Shape& shape, Findings& findings);
/// The keys of the table that `selector` chose, as text; nothing when they were wrong.
std::optional<std::map<std::string, std::string>> read_selected(const Node& node, const Shape& shape,
                                                                const std::map<std::string, Table>& tables,
                                                                Findings& findings);
/// A map node that holds what read_selected() gave.
Node kept_map(const std::map<std::string, std::string>& keys, const Place& place);
}  // namespace detail

/// One of a few words.
template <class E>
Type<E> word(const std::vector<Word<E>>& words) {
  std::vector<Alternative> names;
  for (const Word<E>& known : words) names.push_back({known.name, known.doc, nullptr});
  const ShapePtr shape = detail::word_shape(std::move(names));
  return {shape, [shape, words](const Node& node, Findings& findings) -> std::optional<E> {
            const auto index = detail::read_word(node, *shape, findings);
            return index ? std::optional<E>(words[*index].value) : std::nullopt;
          }};
}

// Composition.

template <class T>
Type<Placed<T>> placed(const Type<T>& type) {
  return {type.shape, [read = type.read](const Node& node, Findings& findings) -> std::optional<Placed<T>> {
            std::optional<T> value = read(node, findings);
            if (!value) return std::nullopt;
            return Placed<T>{std::move(*value), node.place};
          }};
}

/// A type with one more thing to be true; `expected` tells people what, the fault of `check` why not.
template <class T>
Type<T> checked(const Type<T>& type, std::string expected, std::function<Result<void>(const T&)> check) {
  Shape shape = *type.shape;
  shape.expected = std::move(expected);
  return {std::make_shared<const Shape>(std::move(shape)),
          [read = type.read, check = std::move(check)](const Node& node, Findings& findings) -> std::optional<T> {
            std::optional<T> value = read(node, findings);
            if (!value) return std::nullopt;
            const Result<void> good = check(*value);
            if (good) return value;
            const Fault fault = good.error();
            findings.mistake(node.place, fault.what(), fault.hint());
            return std::nullopt;
          }};
}

/// A list of at least one.
template <class T>
Type<std::vector<T>> list(const Type<T>& item) {
  const ShapePtr shape = detail::list_shape(item.shape);
  return {shape, [shape, read = item.read](const Node& node, Findings& findings) -> std::optional<std::vector<T>> {
            if (!detail::expect_list(node, *shape, findings)) return std::nullopt;
            std::vector<T> values;
            for (const Node& element : node.items) {
              if (auto value = read(element, findings)) values.push_back(std::move(*value));
            }
            if (values.size() != node.items.size()) return std::nullopt;
            return values;
          }};
}

/// A map from names of the user's own, in file order; at least one.
template <class T>
Type<std::vector<Entry<T>>> entries(const Type<T>& item, const Type<std::string>& key = name()) {
  const ShapePtr shape = detail::map_shape(item.shape, *key.shape);
  return {shape,
          [shape, read = item.read, read_key = key.read](const Node& node,
                                                         Findings& findings) -> std::optional<std::vector<Entry<T>>> {
            if (!detail::expect_map(node, *shape, findings)) return std::nullopt;
            std::vector<Entry<T>> found;
            for (std::size_t i = 0; i < node.items.size(); ++i) {
              auto name = read_key(node.keys[i], findings);
              auto value = read(node.items[i], findings);
              if (name && value) found.push_back({std::move(*name), std::move(*value), node.keys[i].place});
            }
            if (found.size() != node.items.size()) return std::nullopt;
            return found;
          }};
}

/// An object whose keys are members of T. It is a Type<T> from the start and grows with every call.
template <class T>
class Object : public Type<T> {
 public:
  Object(std::string name, std::string doc) : body_(std::make_shared<Body>()) {
    body_->shape = std::make_shared<Shape>();
    body_->shape->form = Shape::Form::object;
    body_->shape->expected = "a map of keys";
    body_->shape->name = std::move(name);
    body_->shape->doc = std::move(doc);
    this->shape = body_->shape;
    this->read = [body = body_](const Node& node, Findings& findings) { return body->read(node, findings); };
  }

  /// A key that must be there.
  template <class M>
  Object&& required(std::string key, M T::* member, const Type<M>& type, std::string doc) && {
    add({std::move(key), type.shape, std::move(doc), true, {}}, taker(member, type));
    return std::move(*this);
  }

  /// A key that may be left out; T's own initialiser is its default, `fallback` tells people about it.
  template <class M>
  Object&& optional(std::string key, M T::* member, const Type<M>& type, std::string doc,
                    std::string fallback = {}) && {
    add({std::move(key), type.shape, std::move(doc), false, std::move(fallback)}, taker(member, type));
    return std::move(*this);
  }
  template <class M>
  Object&& optional(std::string key, std::optional<M> T::* member, const Type<M>& type, std::string doc,
                    std::string fallback = {}) && {
    add({std::move(key), type.shape, std::move(doc), false, std::move(fallback)}, taker(member, type));
    return std::move(*this);
  }

  /// The key named last is one of the object only with these words under its selector.
  Object&& only_with(Words words) && {
    body_->shape->keys.back().only_with = std::move(words);
    return std::move(*this);
  }

  /// Exactly one of these keys must be there.
  Object&& exactly_one(std::vector<std::string> keys) && {
    body_->shape->exactly_one = std::move(keys);
    return std::move(*this);
  }

  /// Where the object stands goes into this member.
  Object&& at(Place T::* place) && {
    body_->put_place = [place](T& value, const Place& where) { value.*place = where; };
    return std::move(*this);
  }

  /// Further keys come from the table the word under `selector` chooses; they are checked by it and kept as text.
  /// `put` takes the word and the keys.
  Object&& tables(
      std::string selector, std::map<std::string, Table> tables, std::string doc,
      std::function<void(T&, const std::string& word, std::map<std::string, std::string> keys, const Place&)> put) &&;

 private:
  using Take = std::function<bool(T& into, const Node& value, Findings& findings)>;

  struct Body {
    std::shared_ptr<Shape> shape;
    std::vector<Take> takers;
    std::function<void(T& value, const Place& where)> put_place;
    std::function<bool(T& into, const Node& node, Findings& findings)> take_selected;

    std::optional<T> read(const Node& node, Findings& findings) const {
      T value{};
      if (put_place) put_place(value, node.place);
      bool good = detail::read_object(node, *shape, findings, [&](std::size_t key, const Node& below) {
        return takers[key](value, below, findings);
      });
      if (take_selected && node.kind == Node::Kind::map) good = take_selected(value, node, findings) && good;
      return good ? std::optional<T>(std::move(value)) : std::nullopt;
    }
  };

  void add(Key key, Take take) {
    body_->shape->keys.push_back(std::move(key));
    body_->takers.push_back(std::move(take));
  }

  template <class Member, class M>
  static Take taker(Member T::* member, const Type<M>& type) {
    return [member, read = type.read](T& into, const Node& value, Findings& findings) {
      auto taken = read(value, findings);
      if (!taken) return false;
      M& found = *taken;
      into.*member = std::move(found);
      return true;
    };
  }

  std::shared_ptr<Body> body_;
};

template <class T>
Object<T> object(std::string name, std::string doc) {
  return Object<T>(std::move(name), std::move(doc));
}

template <class T>
Object<T>&& Object<T>::tables(
    std::string selector, std::map<std::string, Table> tables, std::string doc,
    std::function<void(T&, const std::string&, std::map<std::string, std::string>, const Place&)> put) && {
  std::vector<Alternative> words;
  for (const auto& [driver, table] : tables) {
    words.push_back({driver, table.shape->doc, nullptr});
    body_->shape->tables.emplace(driver, table.shape);
  }
  body_->shape->selector = selector;
  add({selector, detail::word_shape(std::move(words)), std::move(doc), true, {}},
      [](T&, const Node&, Findings&) { return true; });
  body_->take_selected = [selector, tables = std::move(tables), put = std::move(put), shape = body_->shape.get()](
                             T& into, const Node& node, Findings& findings) {
    auto keys = detail::read_selected(node, *shape, tables, findings);
    if (keys) put(into, node.find(selector)->text, std::move(*keys), node.place);
    return keys.has_value();
  };
  return std::move(*this);
}

/// A map with exactly one key, which says what stands below it: `- expect: {marker: menu, within: 60 s}`. An
/// alternative that needs no keys may be written as its word alone: `- power-on`.
template <class V>
class OneOf : public Type<V> {
 public:
  OneOf(std::string name, std::string doc) : body_(std::make_shared<Body>()) {
    body_->shape = std::make_shared<Shape>();
    body_->shape->form = Shape::Form::one_of;
    body_->shape->expected = "a map with one key";
    body_->shape->name = std::move(name);
    body_->shape->doc = std::move(doc);
    this->shape = body_->shape;
    this->read = [body = body_](const Node& node, Findings& findings) { return body->read(node, findings); };
  }

  template <class T>
  OneOf&& or_else(std::string key, const Type<T>& type) && {
    body_->shape->alternatives.push_back({std::move(key), type.shape->doc, type.shape});
    body_->readers.push_back([read = type.read](const Node& node, Findings& findings) -> std::optional<V> {
      auto value = read(node, findings);
      return value ? std::optional<V>(V(std::move(*value))) : std::nullopt;
    });
    return std::move(*this);
  }

 private:
  struct Body {
    std::shared_ptr<Shape> shape;
    std::vector<std::function<std::optional<V>(const Node&, Findings&)>> readers;

    std::optional<V> read(const Node& node, Findings& findings) const {
      const auto chosen = detail::read_one_of(node, *shape, findings);
      return chosen ? readers[chosen->first](chosen->second, findings) : std::nullopt;
    }
  };
  std::shared_ptr<Body> body_;
};

template <class V>
OneOf<V> one_of(std::string name, std::string doc) {
  return OneOf<V>(std::move(name), std::move(doc));
}

/// Turns keys kept as text back into the driver's own config, with the description they were checked with.
template <class T>
Result<T> from_kept(const Type<T>& type, const std::map<std::string, std::string>& keys, const Place& place) {
  Findings findings;
  auto value = type.read(detail::kept_map(keys, place), findings);
  if (!value) return findings.mistakes().front();
  return std::move(*value);
}

}  // namespace coldboot::keys
