#pragma once

#include <mutex>
#include <string_view>

#include "harness/bench/bench.hpp"
#include "harness/console/capture.hpp"
#include "harness/event/event_log.hpp"

namespace coldboot {

/// Types on a bench's consoles for whoever wants to, one after the other, so that nobody's text stands in the middle
/// of another's; what repeats it is known for an echo, and the record has it.
class Typist {
 public:
  Typist(Capture& capture, EventLog& log) : capture_(capture), log_(log) {}

  Typed type(const BenchConsole& console, std::string_view text, const Until& until);

 private:
  Capture& capture_;
  EventLog& log_;
  std::mutex typing_;
};

}  // namespace coldboot
