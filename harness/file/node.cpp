#include "harness/file/node.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}

/// Takes the leading characters of `text` that `belongs` says yes to, and the '_' YAML 1.1 allows among them.
template <class Belongs>
std::string_view take(std::string_view& text, Belongs belongs) {
  const auto end = std::find_if_not(text.begin(), text.end(), [&](char c) { return belongs(c) || c == '_'; });
  const std::string_view taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(taken.size());
  return taken;
}

/// The rest of a number in base 60, as YAML 1.1 has them: ":20:30".
bool is_base_60_tail(std::string_view text) {
  while (!text.empty()) {
    if (text.front() != ':') return false;
    text.remove_prefix(1);
    const std::string_view digits = take(text, is_digit);
    if (digits.empty() || digits.size() > 2) return false;
  }
  return true;
}

bool is_exponent(std::string_view text) {
  if (text.empty() || (text.front() != 'e' && text.front() != 'E')) return false;
  text.remove_prefix(1);
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_named_number(std::string_view text) {
  static constexpr std::array<std::string_view, 6> names = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"};
  return std::find(names.begin(), names.end(), text) != names.end();
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const Node& known) { return known.text == key; });
  return found == keys.end() ? nullptr : &items[static_cast<std::size_t>(found - keys.begin())];
}

bool looks_like_number(std::string_view text) {
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
  if (is_named_number(text)) return true;
  if (text.starts_with("0x") || text.starts_with("0o") || text.starts_with("0b")) {
    return text.size() > 2 && std::all_of(text.begin() + 2, text.end(), is_hex_digit);
  }
  const std::string_view whole = text.starts_with("_") ? std::string_view() : take(text, is_digit);
  std::string_view fraction;
  if (text.starts_with(".")) {
    text.remove_prefix(1);
    fraction = take(text, is_digit);
  }
  if (whole.empty() && fraction.empty()) return false;
  if (text.empty() || is_exponent(text)) return true;
  return fraction.empty() && !whole.empty() && whole.front() != '0' && is_base_60_tail(text);
}

bool looks_like_boolean(std::string_view text) {
  static constexpr std::array<std::string_view, 22> words = {
      "y",    "Y",    "yes",   "Yes",   "YES",   "n",  "N",  "no", "No",  "NO",  "true",
      "True", "TRUE", "false", "False", "FALSE", "on", "On", "ON", "off", "Off", "OFF"};
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::string found(const Node& node) {
  switch (node.kind) {
    case Node::Kind::empty: return "nothing";
    case Node::Kind::list: return node.items.empty() ? "an empty list" : "a list";
    case Node::Kind::map: return node.items.empty() ? "an empty map" : "a map";
    case Node::Kind::scalar: break;
  }
  if (node.text.empty()) return "an empty text";
  const bool plain = node.style == Node::Style::plain;
  const std::string shown = printable_line(node.text, 60);
  return plain && looks_like_number(node.text) ? fmt::format("the number {}", shown) : fmt::format("\"{}\"", shown);
}

}  // namespace coldboot
