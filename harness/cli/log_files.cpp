#include "harness/cli/log_files.hpp"

#include <algorithm>
#include <utility>

#include "harness/cli/telling.hpp"
#include "harness/file/document.hpp"
#include "harness/io/read_file.hpp"
#include "harness/measure/guess_profile.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;

std::optional<LogProfile> read_profile_file(const fs::path& file, const std::vector<fs::path>& folders,
                                            bool tell_mistakes) {
  Reading<Profile> profile = read_profile(file, folders);
  if (tell_mistakes) tell_all(profile.mistakes, profile.warnings);
  if (!profile) return std::nullopt;
  auto compiled = CompiledPlan::compile(profile->plan);
  if (!compiled) {
    if (tell_mistakes) tell(compiled.error());
    return std::nullopt;
  }
  return LogProfile{std::move(*profile), std::move(*compiled)};
}

std::vector<fs::path> profile_files(const std::vector<fs::path>& folders) {
  std::vector<fs::path> files;
  for (const fs::path& folder : folders) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::optional<ImportedLog> read_log(const fs::path& file, ImportOptions options, std::optional<LogOrigin> origin) {
  const auto bytes = read_file(file);
  if (!bytes) {
    tell(bytes.error());
    return std::nullopt;
  }
  options.origin = origin.value_or(LogOrigin::first_stamp);
  auto log = import_log(*bytes, file.string(), options);
  if (!log) {
    tell(log.error());
    return std::nullopt;
  }
  if (origin || !log->stopwatch) return std::move(*log);
  options.origin = LogOrigin::stamp_zero;
  auto from_zero = import_log(*bytes, file.string(), options);
  return from_zero ? std::move(*from_zero) : std::move(*log);
}

std::optional<LogProfile> named_profile(const std::string& name, const std::vector<fs::path>& folders) {
  const auto file = find_file(Kind::profile, name, ".", folders);
  if (!file) {
    tell(file.error());
    return std::nullopt;
  }
  return read_profile_file(*file, folders, true);
}

std::optional<LogProfile> guessed_profile(const ImportedLog& log, const std::vector<fs::path>& folders) {
  if (log.record.consoles.empty()) return std::nullopt;
  std::vector<LogProfile> known;
  std::vector<std::shared_ptr<const CompiledPlan>> plans;
  for (const fs::path& file : profile_files(folders)) {
    if (auto profile = read_profile_file(file, folders, false)) {
      plans.push_back(profile->compiled);
      known.push_back(std::move(*profile));
    }
  }
  const std::vector<ProfileGuess> guesses = guess_profile(log.record.consoles.front().raw, plans);
  if (guesses.empty()) return std::nullopt;
  return std::move(known[guesses.front().candidate]);
}

}  // namespace coldboot
