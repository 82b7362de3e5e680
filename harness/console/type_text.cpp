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

Result<Instant> type_text(ByteStream& stream, EventLog& log, std::string_view text, Nanos key_delay,
                          const Until& until) {
  if (key_delay <= Nanos{}) {
    if (const auto written = stream.write(text, until); !written) return written.error();
    return log.clock().now();
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > 0) {
      if (const auto paused = pause(log, key_delay, until); !paused) return paused.error();
    }
    if (const auto written = stream.write(text.substr(i, 1), until); !written) return written.error();
  }
  return log.clock().now();
}

}  // namespace coldboot
