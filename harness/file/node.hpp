#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/file/place.hpp"

namespace coldboot {

/// One value of a user's file, and where it stands. Maps keep file order; their keys are distinct.
struct Node {
  enum class Kind { empty, scalar, list, map };

  /// How a scalar came about. A quoted one is text, whatever it looks like; a plain one may be a number; a kept one
  /// was read and checked before and is any of them.
  enum class Style { plain, quoted, kept };

  Kind kind = Kind::empty;
  Style style = Style::plain;
  std::string text;         ///< of a scalar
  std::vector<Node> keys;   ///< of a map: scalars, one for each item
  std::vector<Node> items;  ///< of a list or a map
  Place place;

  /// The value of a map's key, or nullptr.
  [[nodiscard]] const Node* find(std::string_view key) const;
};

/// True for what a YAML reader takes for a number when it is not quoted: 2.10, 0x1f, 1_000, 1e3, 010, .inf.
[[nodiscard]] bool looks_like_number(std::string_view text);

/// True for the words of YAML 1.1 that some readers take for booleans and others for text: on, Off, yes, N, true.
[[nodiscard]] bool looks_like_boolean(std::string_view text);

/// What was found, for messages: "the number 2.10", "a list", "nothing".
[[nodiscard]] std::string found(const Node& node);

}  // namespace coldboot
