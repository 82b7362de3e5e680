#include "harness/cli/bench_use.hpp"

#include <chrono>
#include <utility>

#include "drivers/catalog.hpp"
#include "harness/bench/read_bench.hpp"
#include "harness/cli/telling.hpp"
#include "harness/event/run_info.hpp"
#include "harness/file/document.hpp"

namespace coldboot {

std::optional<BenchFile> bench_called(const std::string& name, const std::filesystem::path& beside,
                                      const ProjectFolders& project) {
  const auto file = find_file(Kind::bench, name, beside, project.benches);
  if (!file) {
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

std::string utc_after(Nanos length) {
  return utc_text(std::chrono::time_point_cast<Nanos>(std::chrono::system_clock::now()) + length);
}

Until patience(std::optional<Nanos> wait, std::stop_token stop) {
  if (!wait) return Until(Instant::min(), std::move(stop));
  if (*wait == Nanos::max()) return Until(Instant::max(), std::move(stop));
  return Until(std::chrono::steady_clock::now() + *wait, std::move(stop));
}

}  // namespace coldboot
