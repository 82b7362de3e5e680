#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <poll.h>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <utility>

namespace coldboot {

/// A board at the far end of a serial adapter: it says its banner over and over while it has power.
class EmulatedDut {
 public:
  /// What became of its wiring.
  enum class Wiring {
    good,
    cut,  ///< its console ends nowhere
    fed,  ///< another cable gives it power, too
  };

  EmulatedDut(int line, std::function<bool()> has_power, Wiring wiring = Wiring::good)
      : line_(line),
        has_power_(std::move(has_power)),
        wiring_(wiring),
        thread_([this](const std::stop_token& stop) { live(stop); }) {}

 private:
  void live(const std::stop_token& stop) const {
    while (!stop.stop_requested()) {
      if (wiring_ == Wiring::fed || (wiring_ == Wiring::good && has_power_())) speak();
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  /// Nothing is said into a line that nobody empties.
  void speak() const {
    constexpr std::string_view banner = "PC Engines apu2\r\n";
    pollfd room{line_, POLLOUT, 0};
    if (::poll(&room, 1, 0) > 0 && (room.revents & POLLOUT) != 0) (void)!::write(line_, banner.data(), banner.size());
  }

  const int line_;
  const std::function<bool()> has_power_;
  const Wiring wiring_;
  std::jthread thread_;
};

}  // namespace coldboot
