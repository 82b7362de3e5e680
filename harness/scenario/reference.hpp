#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "harness/bench/read_bench.hpp"
#include "harness/file/describe.hpp"

namespace coldboot {

/// The description of every file kind read here: bench, profile, scenario. Who reads recordings adds theirs.
std::map<Kind, keys::ShapePtr> document_shapes(const DriverTables& drivers);

/// What is generated from descriptions, by path below the project's root: docs/schema/bench.schema.json,
/// docs/reference/bench.md and so on.
std::map<std::filesystem::path, std::string> reference_files(const std::map<Kind, keys::ShapePtr>& documents);

/// Writes reference_files() below `root`. Faults: `io`.
Result<void> write_reference(const std::filesystem::path& root, const std::map<Kind, keys::ShapePtr>& documents);

}  // namespace coldboot
