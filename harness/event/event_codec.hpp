#pragma once

#include <string>
#include <string_view>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"
#include "harness/event/event.hpp"

namespace coldboot {

/// An event as one line of events.jsonl, without the line feed: `{"seq":7,"t_ns":1500,"boot":3,"type":"note",...}`.
/// Times are nanoseconds since `origin`, the monotonic origin of the run's anchor. Bytes that were sent are text in
/// which each character U+0000 to U+00FF stands for one byte. docs/run-folder.md describes every type.
std::string encode_event(const Event& event, Instant origin);

/// Reads such a line back. Faults: `protocol` for anything that is no event, saying what is wrong with it.
Result<Event> decode_event(std::string_view line, Instant origin);

}  // namespace coldboot
