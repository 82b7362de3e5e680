#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/file/findings.hpp"
#include "harness/file/node.hpp"

namespace coldboot {

/// Bounds on one file, far above any honest one, so that a hostile file is refused and not chewed on.
struct YamlBounds {
  std::size_t bytes = 1U << 20U;
  std::size_t values = 50'000;
  int depth = 32;
};

/// Reads one YAML document. Refused, with place: bytes that are not UTF-8, duplicate keys, keys that are no text,
/// more than one document, anchors, aliases and tags (a file says everything where it stands; profiles include
/// each other by name instead), anything beyond `bounds`. `file` is the name for messages.
std::optional<Node> parse_yaml(std::string_view text, const std::string& file, Findings& findings,
                               const YamlBounds& bounds = {});

/// A text as a scalar of a file of ours that reads back as this text: plain where it is a word, quoted where a reader
/// might take it for something else. What is not printable becomes visible.
std::string yaml_text(std::string_view text);

}  // namespace coldboot
