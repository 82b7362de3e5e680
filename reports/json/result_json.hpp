#pragma once

#include <string>

#include "harness/measure/record.hpp"

namespace coldboot {

/// The whole result as one JSON object, described by docs/schema/result.schema.json. Every key is always there, in a
/// fixed order; a value that does not exist is null. Times are integers in nanoseconds (`..._ns`); instants are on the
/// run's monotonic clock, of which only differences mean anything. Text is printable(): always valid UTF-8.
std::string result_json(const RunResult& run);

}  // namespace coldboot
