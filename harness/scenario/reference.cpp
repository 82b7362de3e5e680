#include "harness/scenario/reference.hpp"

#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "harness/scenario/read_profile.hpp"
#include "harness/scenario/read_scenario.hpp"

namespace coldboot {

std::map<Kind, keys::ShapePtr> document_shapes(const DriverTables& drivers) {
  return {{Kind::bench, bench_shape(drivers)}, {Kind::profile, profile_shape()}, {Kind::scenario, scenario_shape()}};
}

std::map<std::filesystem::path, std::string> reference_files(const std::map<Kind, keys::ShapePtr>& documents) {
  std::map<std::filesystem::path, std::string> files;
  for (const auto& [kind, shape] : documents) {
    files.emplace(fmt::format("docs/schema/{}.schema.json", name_of(kind)), json_schema(kind, *shape));
    files.emplace(fmt::format("docs/reference/{}.md", name_of(kind)), reference_page(kind, *shape));
  }
  return files;
}

Result<void> write_reference(const std::filesystem::path& root, const std::map<Kind, keys::ShapePtr>& documents) {
  for (const auto& [path, text] : reference_files(documents)) {
    const std::filesystem::path file = root / path;
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    std::ofstream output(file, std::ios::binary | std::ios::trunc);
    output << text;
    output.close();
    if (!output) return Fault(Cause::io, file.string(), "cannot be written");
  }
  return {};
}

}  // namespace coldboot
