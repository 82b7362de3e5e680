#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "harness/file/findings.hpp"
#include "harness/file/keys.hpp"
#include "harness/scenario/scenario.hpp"

namespace coldboot {

/// Reads a scenario and the profiles it names, and checks everything that can be checked before power is switched.
/// `folders` are searched for profiles that are not beside the file.
Reading<Scenario> read_scenario(const std::filesystem::path& file, const std::vector<std::filesystem::path>& folders);

/// The same from text; `file` is its name in messages and what other files are beside of.
Reading<Scenario> read_scenario(std::string_view text, const std::filesystem::path& file,
                                const std::vector<std::filesystem::path>& folders);

/// What a scenario file looks like: for the schema and the reference page.
keys::ShapePtr scenario_shape();

}  // namespace coldboot
