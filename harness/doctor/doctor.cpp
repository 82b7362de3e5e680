#include "harness/doctor/doctor.hpp"

#include <fmt/format.h>

#include "harness/bench/read_bench.hpp"
#include "harness/doctor/checks.hpp"

namespace coldboot {
namespace {

std::vector<Diagnosis> of_the_file(const Reading<BenchFile>& bench, const std::filesystem::path& file) {
  std::vector<Diagnosis> found;
  const auto add = [&](Health health, const Fault& fault) {
    found.push_back({"file", health, fault.where(), fault.what(), fault.hint()});
  };
  for (const Fault& mistake : bench.mistakes) add(Health::wrong, mistake);
  for (const Fault& warning : bench.warnings) add(Health::warning, warning);
  if (bench) {
    found.push_back({"file", Health::ok, file.string(),
                     fmt::format("bench {}: power by {}, {} console{}", bench->name, bench->power.device.driver,
                                 bench->consoles.size(), bench->consoles.size() == 1 ? "" : "s"),
                     ""});
  }
  return found;
}

}  // namespace

std::vector<Diagnosis> examine(const std::filesystem::path& file, const Catalog& catalog, const DoctorOptions& options,
                               const Examination::Tell& tell) {
  const Reading<BenchFile> bench = read_bench(file, catalog.tables());
  std::vector<Diagnosis> diagnoses = of_the_file(bench, file);
  for (const Diagnosis& diagnosis : diagnoses) tell(diagnosis);
  if (!bench) return diagnoses;
  Examination exam(*bench, catalog, options, tell);
  for (const Check& check : checks) {
    if (options.stop.stop_requested()) break;
    exam.begin(check.name);
    check.look(exam);
  }
  const std::vector<Diagnosis> of_the_bench = exam.diagnoses();
  diagnoses.insert(diagnoses.end(), of_the_bench.begin(), of_the_bench.end());
  return diagnoses;
}

}  // namespace coldboot
