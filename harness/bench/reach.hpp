#pragma once

#include <string>
#include <vector>

#include "harness/bench/bench_file.hpp"
#include "harness/bench/catalog.hpp"

namespace coldboot {

/// The drivers of a bench whose devices other hosts reach too.
struct SharedDevices {
  std::vector<std::string> drivers;
  bool reserved = false;  ///< ours alone nevertheless: a coordinator that all hosts ask has given them to us

  /// "other hosts reach tasmota, tcp too"
  [[nodiscard]] std::string text() const;
};

SharedDevices shared_devices(const BenchFile& bench, const Catalog& catalog);

}  // namespace coldboot
