#include "harness/cli/stop_by_signal.hpp"

#include <utility>

#include "harness/cli/telling.hpp"

namespace coldboot {

std::unique_ptr<StopBySignal> StopBySignal::start(SignalWatch::OnSignal and_then) {
  std::unique_ptr<StopBySignal> made(new StopBySignal);
  auto watch = SignalWatch::start([&stop = *made, then = std::move(and_then)](int signal, int times) {
    if (times == 1) stop.first_ = signal;
    stop.stop_.request_stop();
    if (then) then(signal, times);
  });
  if (!watch) {
    tell(watch.error());
    return nullptr;
  }
  made->watch_ = std::move(*watch);
  return made;
}

}  // namespace coldboot
