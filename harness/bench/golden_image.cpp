#include "harness/bench/golden_image.hpp"

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/event/run_info.hpp"
#include "harness/io/read_file.hpp"

namespace coldboot {

Result<std::filesystem::path> golden_image(const BenchFile& bench) {
  if (!bench.flash || !bench.flash->golden) {
    return Fault(Cause::mistake, bench.file.string(), "the bench names no golden image",
                 "say which it is (flash: golden), or give a file");
  }
  const GoldenEntry& golden = *bench.flash->golden;
  std::string wanted = golden.sha256;
  if (wanted.empty()) {
    const auto written = read_file(golden.sha256_file);
    if (!written) return written.error();
    wanted = written->substr(0, written->find_first_of(" \t\r\n"));
  }
  const auto hash = sha256_of(golden.file);
  if (!hash) return hash.error();
  if (*hash != wanted) {
    return Fault(Cause::mistake, golden.file.string(),
                 fmt::format("its SHA-256 is {}, expected {} as the bench says", *hash, printable_line(wanted)),
                 "it is not the file that was meant, or it has changed");
  }
  return golden.file;
}

}  // namespace coldboot
