#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "harness/bench/read_bench.hpp"
#include "harness/file/document.hpp"
#include "harness/file/keys.hpp"

namespace coldboot {

/// The description of every file kind users write. `recording` is added by who has it.
std::map<Kind, keys::ShapePtr> document_shapes(const DriverTables& drivers);

/// JSON Schema (draft-07) of a file kind, for `# yaml-language-server: $schema=...`.
std::string json_schema(Kind kind, const keys::Shape& document);

/// Reference page of a file kind in Markdown.
std::string reference_page(Kind kind, const keys::Shape& document);

/// Generated files by path below the project's root: docs/schema/bench.schema.json, docs/reference/bench.md, ...
std::map<std::filesystem::path, std::string> reference_files(const std::map<Kind, keys::ShapePtr>& documents);

/// Writes reference_files() below `root`. Faults: `io`.
Result<void> write_reference(const std::filesystem::path& root, const std::map<Kind, keys::ShapePtr>& documents);

}  // namespace coldboot
