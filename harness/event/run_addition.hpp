#pragma once

#include <filesystem>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"
#include "harness/event/event.hpp"

namespace coldboot {

/// Something that happened after the process that kept the record was gone.
struct AddedEvent {
  Instant at{};
  EventBody body;
};

/// Adds events that belong to no boot to the folder of a run that was cut off, numbered on from its last; a torn last
/// line is ended first. Nobody may be writing there. Faults: `missing`, `protocol` (a run.json that cannot be read),
/// `disk_full`, `io`.
Result<void> add_to_run(const std::filesystem::path& folder, const std::vector<AddedEvent>& events);

}  // namespace coldboot
