#include <algorithm>

#include "harness/console/capture.hpp"

namespace coldboot {
namespace {

/// Lets `delay` pass on the log's clock; ends early, with the fault, when `until` does.
Result<void> pause(EventLog& log, Nanos delay, const Until& until) {
  const Instant wake = log.clock().now() + delay;
  const Until end(std::min(wake, until.deadline), until.stop);
  const auto waited = log.wait([] { return false; }, end);
  if (waited.error().cause() == Cause::timeout && wake <= until.deadline) return {};
  return waited.error();
}

}  // namespace

Typed type_text(ByteStream& stream, EventLog& log, std::string_view text, Nanos key_delay, const Until& until) {
  const std::size_t at_once = key_delay > Nanos{} ? 1 : text.size();
  Typed typed;
  while (typed.bytes < text.size()) {
    if (typed.bytes > 0) typed.outcome = pause(log, key_delay, until);
    if (typed.outcome) typed.outcome = stream.write(text.substr(typed.bytes, at_once), until);
    if (!typed.outcome) break;
    typed.bytes += at_once;
    typed.at = log.clock().now();
  }
  return typed;
}

}  // namespace coldboot
