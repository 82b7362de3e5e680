#pragma once

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <termios.h>

#include <gtest/gtest.h>

#include "drivers/serial_relay/serial_relay.hpp"
#include "harness/io/descriptor.hpp"

namespace coldboot {

/// A line without a port: a pseudo-terminal.
class PtyLine {
 public:
  PtyLine() {
    int near = -1;
    int far = -1;
    EXPECT_EQ(::openpty(&far, &near, nullptr, nullptr, nullptr), 0);
    near_ = Descriptor(near);
    far_ = Descriptor(far);
    termios raw{};
    ::tcgetattr(near, &raw);
    ::cfmakeraw(&raw);
    ::tcsetattr(near, TCSANOW, &raw);
    ::fcntl(near, F_SETFL, O_NONBLOCK);
  }
  [[nodiscard]] int far() const { return far_.get(); }
  /// Waits until what the board said has arrived.
  void wait_until_heard() const {
    pollfd heard{near_.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&heard, 1, 10'000), 1);
  }
  [[nodiscard]] OpenRelayLine opener() const {
    return [fd = near_.get()](const Until&) -> Result<RelayLine> { return RelayLine{fd, nullptr}; };
  }

 private:
  Descriptor near_;
  Descriptor far_;
};

}  // namespace coldboot
