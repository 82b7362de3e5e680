// What is looked at of the bench as a whole: whether it is free, and who else reaches its devices.

#include <filesystem>
#include <sys/stat.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/bench/open_device.hpp"
#include "harness/doctor/checks.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;

constexpr mode_t open_to_all = 01777;

/// A folder that some users cannot write keeps them from seeing our locks, and us from seeing theirs.
void check_lock_folder(Examination& exam, const fs::path& folder) {
  struct stat status{};
  const bool is_shared = ::stat(folder.c_str(), &status) == 0 && (status.st_mode & open_to_all) == open_to_all;
  if (is_shared) return;
  const std::string remedy = fmt::format("chmod 1777 {}", shared_lock_folder.string());
  if (folder == shared_lock_folder && exam.options.fix && ::chmod(folder.c_str(), open_to_all) == 0) {
    exam.ok("host", fmt::format("mended: {}", remedy));
    return;
  }
  exam.warning("host", fmt::format("locks lie in {}, where other users neither see nor make them", folder.string()),
               fmt::format("as root: mkdir -p {}; {}", shared_lock_folder.string(), remedy));
}

template <class Device>
void add_reach(std::map<Reach, std::vector<std::string>>& drivers, const std::vector<Catalog::Kind<Device>>& kinds,
               const DeviceEntry& entry) {
  if (const auto* kind = kind_of(kinds, entry)) drivers[kind->reach].push_back(entry.driver);
}

/// The drivers of the bench by who reaches their devices.
std::map<Reach, std::vector<std::string>> drivers_by_reach(const Examination& exam) {
  std::map<Reach, std::vector<std::string>> drivers;
  const BenchFile& bench = exam.bench;
  add_reach(drivers, exam.catalog.power, bench.power.device);
  add_reach(drivers, exam.catalog.relays, bench.power.device);
  if (bench.power.button) add_reach(drivers, exam.catalog.relays, bench.power.button->device);
  for (const ConsoleEntry& console : bench.consoles) add_reach(drivers, exam.catalog.consoles, console.device);
  return drivers;
}

}  // namespace

void check_lock(Examination& exam) {
  if (exam.is_ours()) return;  // recordings: everybody has their own
  const auto folder = lock_folder();
  if (!folder) {
    exam.wrong(folder.error());
    return;
  }
  check_lock_folder(exam, *folder);
  auto lease = Lease::take(exam.bench.name, {.what = fmt::format("coldboot doctor on bench {}", exam.bench.name)});
  if (!lease) {
    const Fault fault = lease.error();
    exam.wrong(exam.bench.name, fmt::format("the bench is {}", fault.what()),
               fault.hint() + "; its devices are not looked at until then");
    return;
  }
  exam.lease = std::move(*lease);
  if (exam.lease->found().left_safe) {
    exam.ok(exam.bench.name, "nobody else on this machine has the bench");
  } else {
    exam.warning(exam.bench.name, "was not left safe by its last holder: the DUT may have power",
                 fmt::format("coldboot power off {}; the next run does so before anything else", exam.bench.name));
  }
}

void check_sharing(Examination& exam) {
  const auto drivers = drivers_by_reach(exam);
  if (!drivers.contains(Reach::network)) return;
  const std::string found = fmt::format("other hosts reach {} too", fmt::join(drivers.at(Reach::network), ", "));
  if (drivers.contains(Reach::reserved)) {
    exam.ok(exam.bench.name, fmt::format("{}, and a place of a coordinator is held meanwhile", found));
    return;
  }
  exam.warning(exam.bench.name, found + ", and no lock of this host keeps them off",
               "let one host alone drive this bench, or hold a labgrid place (driver: labgrid)");
}

}  // namespace coldboot
