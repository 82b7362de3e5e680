#include "tests/profiles/corpus.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <gtest/gtest.h>

#include "harness/scenario/read_profile.hpp"

namespace coldboot::corpus {
namespace {

const std::filesystem::path source_dir{COLDBOOT_SOURCE_DIR};
const std::filesystem::path logs = source_dir / ".." / "shared" / "corpus";
const std::filesystem::path profiles = source_dir / "fixtures" / "profiles";

}  // namespace

bool present() {
  return std::filesystem::is_directory(logs);
}

std::string bytes_of(const std::string& log) {
  std::ifstream file(logs / log, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << "no " << log << " in the collection";
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> profile_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(profiles)) {
    if (entry.path().extension() == ".yaml") {
      names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::shared_ptr<const CompiledPlan> profile(const std::string& name) {
  const auto read = read_profile(profiles / (name + ".yaml"), {});
  for (const Fault& mistake : read.mistakes) {
    ADD_FAILURE() << mistake.text();
  }
  for (const Fault& warning : read.warnings) {
    ADD_FAILURE() << warning.text();
  }
  const auto compiled = CompiledPlan::compile(read ? read->plan : BootPlan{});
  if (!compiled) {
    ADD_FAILURE() << name << ": " << compiled.error().text();
    return CompiledPlan::compile({}).value();
  }
  return compiled.value();
}

Seen look_at(const std::string& log, const std::string& profile_name, const ImportOptions& options) {
  auto imported = import_log(bytes_of(log), log, options);
  EXPECT_TRUE(imported.has_value()) << imported.error().text();
  Seen seen;
  seen.log = std::move(imported.value());
  seen.found = watch(seen.log.record, profile(profile_name));
  return seen;
}

std::vector<std::size_t> Seen::lines_of(const std::string& marker) const {
  std::set<std::size_t> lines;
  for (const Found& one : found) {
    if (const auto* hit = std::get_if<MarkerHit>(&one.hit); hit != nullptr && hit->marker == marker) {
      lines.insert(log.line_of(hit->begin));
    }
  }
  return {lines.begin(), lines.end()};
}

MarkerHit Seen::first(const std::string& marker) const {
  for (const Found& one : found) {
    if (const auto* hit = std::get_if<MarkerHit>(&one.hit); hit != nullptr && hit->marker == marker) {
      return *hit;
    }
  }
  ADD_FAILURE() << "no " << marker << " in " << log.name;
  return {};
}

std::map<std::string, std::size_t> Seen::failures(bool fatal) const {
  std::map<std::string, std::size_t> classes;
  for (const Found& one : found) {
    if (const auto* hit = std::get_if<FailureHit>(&one.hit); hit != nullptr && hit->fatal == fatal) {
      classes.emplace(hit->failure, log.line_of(hit->begin));
    }
  }
  return classes;
}

}  // namespace coldboot::corpus
