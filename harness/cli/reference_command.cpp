#include <fmt/format.h>

#include "drivers/catalog.hpp"
#include "drivers/replay/recording_file.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/telling.hpp"
#include "harness/io/read_file.hpp"
#include "harness/measure/verdict.hpp"
#include "harness/scenario/reference.hpp"

namespace coldboot {
namespace {

std::map<Kind, keys::ShapePtr> all_documents() {
  auto documents = document_shapes(driver_catalog().tables());
  documents[Kind::recording] = recording_type().shape;
  return documents;
}

int check_reference(const std::filesystem::path& root) {
  bool stale = false;
  for (const auto& [path, text] : reference_files(all_documents())) {
    const auto current = read_file(root / path);
    if (current && *current == text) continue;
    stale = true;
    tell(
        Fault(Cause::mistake, (root / path).string(), "is not what the code says now", "renew it with ./dev generate"));
  }
  return stale ? exit_code::fail : exit_code::pass;
}

}  // namespace

int reference_command(const ReferenceArguments& arguments) {
  if (arguments.check) return check_reference(arguments.root);
  if (const auto written = write_reference(arguments.root, all_documents()); !written) {
    tell(written.error());
    return exit_code::error;
  }
  return exit_code::pass;
}

}  // namespace coldboot
