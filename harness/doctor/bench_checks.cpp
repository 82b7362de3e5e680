// What is looked at of the bench as a whole: whether it is free, and who else reaches its devices.

#include <filesystem>
#include <sys/stat.h>

#include <fmt/format.h>

#include "harness/bench/reach.hpp"
#include "harness/doctor/checks.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;

constexpr mode_t open_to_all = 01777;
constexpr mode_t open_to_a_group = 02070;  // how a lab's own folder may be

/// A folder that some users cannot write keeps them from seeing our locks, and us from seeing theirs.
void check_lock_folder(Examination& exam, const fs::path& folder) {
  struct stat status{};
  const bool is_known = ::stat(folder.c_str(), &status) == 0;
  const auto is_open = [&](mode_t mode) { return is_known && (status.st_mode & mode) == mode; };
  if (is_open(open_to_all) || (folder != shared_lock_folder && is_open(open_to_a_group))) return;
  const std::string remedy = fmt::format("chmod 1777 {}", shared_lock_folder.string());
  if (folder == shared_lock_folder && exam.options.fix && ::chmod(folder.c_str(), open_to_all) == 0) {
    exam.ok("host", fmt::format("mended: {}", remedy));
    return;
  }
  exam.warning("host", fmt::format("locks lie in {}, where other users neither see nor make them", folder.string()),
               fmt::format("as root: mkdir -p {}; {}", shared_lock_folder.string(), remedy));
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
  if (lease->found().chip_is_held) {
    exam.wrong(
        exam.bench.name, "its firmware chip may be connected to its programmer still: its last holder died over it",
        fmt::format("coldboot flash recover {} parts them; its devices are not looked at until then", exam.bench.name));
    return;
  }
  exam.lease = std::move(*lease);
  if (exam.lease->found().chip_is_in_doubt) {
    exam.warning(exam.bench.name, "a write of its firmware chip was cut: nobody knows what it holds",
                 fmt::format("coldboot flash recover {}; the next run does so first, where there is a golden image",
                             exam.bench.name));
  }
  if (exam.lease->found().left_safe) {
    exam.ok(exam.bench.name, "nobody else on this machine has the bench");
  } else {
    exam.warning(exam.bench.name, "was not left safe by its last holder: the DUT may have power",
                 fmt::format("coldboot power off {}; the next run does so before anything else", exam.bench.name));
  }
}

void check_sharing(Examination& exam) {
  const SharedDevices shared = shared_devices(exam.bench, exam.catalog);
  if (shared.drivers.empty()) return;
  if (shared.reserved) {
    exam.ok(exam.bench.name, fmt::format("{}, and a place of a coordinator is held meanwhile", shared.text()));
    return;
  }
  exam.warning(exam.bench.name, shared.text() + ", and no lock of this host keeps them off",
               "let one host alone drive this bench, or hold a labgrid place (driver: labgrid)");
}

}  // namespace coldboot
