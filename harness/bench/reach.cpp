#include "harness/bench/reach.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/bench/open_device.hpp"

namespace coldboot {
namespace {

template <class Device>
void add(SharedDevices& shared, const std::vector<Catalog::Kind<Device>>& kinds, const DeviceEntry& entry) {
  const auto* kind = kind_of(kinds, entry);
  if (kind == nullptr || kind->reach == Reach::attached) return;
  if (kind->reach == Reach::reserved) {
    shared.reserved = true;
  } else if (std::ranges::find(shared.drivers, entry.driver) == shared.drivers.end()) {
    shared.drivers.push_back(entry.driver);
  }
}

}  // namespace

std::string SharedDevices::text() const {
  return fmt::format("other hosts reach {} too", fmt::join(drivers, ", "));
}

SharedDevices shared_devices(const BenchFile& bench, const Catalog& catalog) {
  SharedDevices shared;
  add(shared, catalog.power, bench.power.device);
  add(shared, catalog.relays, bench.power.device);
  if (bench.power.button) add(shared, catalog.relays, bench.power.button->device);
  for (const ConsoleEntry& console : bench.consoles) add(shared, catalog.consoles, console.device);
  return shared;
}

}  // namespace coldboot
