#pragma once

#include <string>

#include "harness/file/document.hpp"
#include "harness/file/keys.hpp"

namespace coldboot {

/// JSON Schema (draft-07) of a file kind, for editors: `# yaml-language-server: $schema=...`. Ends with a line feed.
std::string json_schema(Kind kind, const keys::Shape& document);

/// Reference page of a file kind in Markdown: every key, what it may be, its default, what it means.
std::string reference_page(Kind kind, const keys::Shape& document);

}  // namespace coldboot
