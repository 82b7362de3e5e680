#include "harness/cli/bench_use.hpp"

#include <chrono>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "drivers/catalog.hpp"
#include "harness/bench/read_bench.hpp"
#include "harness/cli/telling.hpp"
#include "harness/event/run_info.hpp"
#include "harness/file/document.hpp"

namespace coldboot {

namespace {

/// A bench whose file is called otherwise than itself.
std::optional<BenchFile> bench_that_calls_itself(const std::string& name, std::vector<std::filesystem::path> folders,
                                                 const std::filesystem::path& beside) {
  const std::filesystem::path here = beside.parent_path();
  folders.insert(folders.begin(), here.empty() ? "." : here);
  const DriverTables drivers = driver_catalog().tables();
  for (const std::filesystem::path& folder : folders) {
    std::error_code none;
    for (std::filesystem::directory_iterator file(folder, none), end; !none && file != end; file.increment(none)) {
      if (file->path().extension() != ".yaml") continue;
      const Reading<BenchFile> bench = read_bench(file->path(), drivers);
      if (bench && bench.value->name == name) return bench.value;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<BenchFile> bench_called(const std::string& name, const std::filesystem::path& beside,
                                      const ProjectFolders& project) {
  const auto file = find_file(Kind::bench, name, beside, project.benches);
  if (!file) {
    if (auto bench = bench_that_calls_itself(name, project.benches, beside)) return bench;
    tell(file.error());
    return std::nullopt;
  }
  const Reading<BenchFile> bench = read_bench(*file, driver_catalog().tables());
  tell_all(bench.mistakes, bench.warnings);
  return bench.value;
}

std::optional<BenchFile> bench_called(const std::string& name) {
  return bench_called(name, ".", project_around("."));
}

std::string what_to_do_about_the_chip(const BenchFile& bench) {
  return bench.flash && bench.flash->golden
             ? fmt::format(
                   "{0}: its firmware chip was not written to the end; coldboot flash recover {0} puts the "
                   "golden image there",
                   bench.name)
             : fmt::format(
                   "{0}: its firmware chip was not written to the end, and the bench names no golden image; "
                   "coldboot flash write {0} IMAGE puts another one there",
                   bench.name);
}

std::string utc_after(Nanos length) {
  return utc_text(std::chrono::time_point_cast<Nanos>(std::chrono::system_clock::now()) + length);
}

Until patience(std::optional<Nanos> wait, std::stop_token stop) {
  if (!wait) return Until(Instant::min(), std::move(stop));
  if (*wait == Nanos::max()) return Until(Instant::max(), std::move(stop));
  return Until(std::chrono::steady_clock::now() + *wait, std::move(stop));
}

}  // namespace coldboot
