#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "harness/bench/catalog.hpp"

namespace coldboot {

/// The driver that an entry names; null where there is none.
template <class Device>
const Catalog::Kind<Device>* kind_of(const std::vector<Catalog::Kind<Device>>& kinds, const DeviceEntry& entry) {
  const auto kind = std::ranges::find(kinds, entry.driver, &Catalog::Kind<Device>::name);
  return kind == kinds.end() ? nullptr : &*kind;
}

/// Opens one entry of a bench with the driver it names. Faults: `mistake` when there is no such driver, or one without
/// virtual time on a bench that has it; else the driver's.
template <class Device>
Result<std::unique_ptr<Device>> open_device(const std::vector<Catalog::Kind<Device>>& kinds, const DeviceEntry& entry,
                                            const std::string& name, OpenContext& context) {
  const auto* kind = kind_of(kinds, entry);
  if (kind == nullptr) {
    return Fault(Cause::mistake, entry.place.text(),
                 fmt::format("found the driver \"{}\", expected one this coldboot has", entry.driver));
  }
  if (context.virtual_clock != nullptr && !kind->replayed) {
    return Fault(Cause::mistake, entry.place.text(),
                 fmt::format("found the driver \"{}\" on a bench with `pace: replay`, expected replayed devices only",
                             entry.driver),
                 "leave `pace` out to run at real pace");
  }
  return kind->open(entry, name, context);
}

}  // namespace coldboot
