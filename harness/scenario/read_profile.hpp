#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/event/boot_plan.hpp"
#include "harness/file/findings.hpp"
#include "harness/file/keys.hpp"

namespace coldboot {

/// A profile as read: compiled, with every file that went into it.
struct Profile {
  std::string title;
  BootPlan plan;
  std::vector<std::filesystem::path> inputs;  ///< the profile itself first, then what it includes
};

/// Reads a profile and what it includes, and compiles them into one plan: included profiles in their order, then the
/// profile's own. A later marker or span replaces an earlier one of its name where that one stood; failures add up.
/// `folders` are searched for names that are not found beside the file.
Reading<Profile> read_profile(const std::filesystem::path& file, const std::vector<std::filesystem::path>& folders);

/// The same from text; `file` is its name in messages and what includes are beside of.
Reading<Profile> read_profile(std::string_view text, const std::filesystem::path& file,
                              const std::vector<std::filesystem::path>& folders);

/// The same, with what is found added to `findings`: for who reads a profile on behalf of another file.
std::optional<Profile> read_profile(const std::filesystem::path& file,
                                    const std::vector<std::filesystem::path>& folders, Findings& findings);

/// What a profile file looks like: for the schema and the reference page.
keys::ShapePtr profile_shape();

}  // namespace coldboot
