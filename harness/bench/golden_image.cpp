#include "harness/bench/golden_image.hpp"

#include <fmt/format.h>

#include "harness/event/run_info.hpp"

namespace coldboot {

Result<std::filesystem::path> golden_image(const BenchFile& bench) {
  if (!bench.flash || !bench.flash->golden) {
    return Fault(Cause::mistake, bench.file.string(), "the bench names no golden image",
                 "say which it is (flash: golden), or give a file");
  }
  const GoldenEntry& golden = *bench.flash->golden;
  const auto hash = sha256_of(golden.file);
  if (!hash) return hash.error();
  if (*hash != golden.sha256) {
    return Fault(Cause::mistake, golden.file.string(),
                 fmt::format("its SHA-256 is {}, expected {} as the bench says", *hash, golden.sha256),
                 "it is not the file that was meant, or it has changed");
  }
  return golden.file;
}

}  // namespace coldboot
