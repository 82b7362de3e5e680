#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/result.hpp"
#include "harness/file/findings.hpp"
#include "harness/file/keys.hpp"
#include "harness/file/yaml.hpp"

namespace coldboot {

/// What a user's file is; its first line says so: "coldboot: bench/1".
enum class Kind { bench, profile, scenario, recording };

std::string_view name_of(Kind kind);

/// The value of the first key of every file of a kind: "bench/1".
std::string header_of(Kind kind);

/// A file's text, at most YamlBounds::bytes. Faults: `mistake` (no such file, a folder, too large), `io`.
Result<std::string> read_text(const std::filesystem::path& file);

/// Parses `text` and checks its header; the map without the header's key, or nothing and findings that say why.
std::optional<Node> parse_document(Kind kind, std::string_view text, const std::filesystem::path& file,
                                   Findings& findings);

/// One document of `kind`, read with the description of its keys. What cannot be read is in `findings`.
template <class T>
std::optional<T> read_document(Kind kind, const keys::Type<T>& type, std::string_view text,
                               const std::filesystem::path& file, Findings& findings) {
  const std::optional<Node> document = parse_document(kind, text, file, findings);
  return document ? type.read(*document, findings) : std::nullopt;
}

/// Finds the file a name stands for: a path (with a slash or an ending) as it is, beside `beside` when relative;
/// a bare name as NAME.yaml beside `beside`, then in each of `folders`, where files of another kind are passed over.
/// The fault lists where was looked.
Result<std::filesystem::path> find_file(Kind kind, std::string_view name, const std::filesystem::path& beside,
                                        const std::vector<std::filesystem::path>& folders);

}  // namespace coldboot
