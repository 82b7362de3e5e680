#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/console/boot_watcher.hpp"
#include "harness/import/import_log.hpp"

namespace coldboot::corpus {

/// Whether the collection of public console logs lies beside the source tree. It is not part of the project.
bool present();

/// A log of the collection, byte for byte.
std::string bytes_of(const std::string& log);

/// The names of all whole profiles: fixtures/profiles without its parts.
std::vector<std::string> profile_names();

/// A profile of fixtures/profiles, compiled; fails the test with what is wrong with it.
std::shared_ptr<const CompiledPlan> profile(const std::string& name);

/// A log as one profile sees it.
struct Seen {
  ImportedLog log;
  std::vector<Found> found;

  /// Lines of the file in which a marker was found, each once.
  [[nodiscard]] std::vector<std::size_t> lines_of(const std::string& marker) const;
  /// The first hit of a marker; fails the test when there is none.
  [[nodiscard]] MarkerHit first(const std::string& marker) const;
  /// Classes of the failures that end a boot (or of those that only tag it), each with the first line it was found in.
  [[nodiscard]] std::map<std::string, std::size_t> failures(bool fatal) const;
};

Seen look_at(const std::string& log, const std::string& profile_name, const ImportOptions& options = {});

}  // namespace coldboot::corpus
