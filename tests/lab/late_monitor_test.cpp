#include <libusb.h>
#include <thread>

#include <gtest/gtest.h>

#include "tests/lab/lab.hpp"

namespace coldboot {
namespace {

TEST(LateMonitor, MayCloseItsSocketWhileDevicesComeAndGo) {
  constexpr int times = 200;
  Lab lab;
  const std::jthread program([](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      libusb_context* context = nullptr;
      if (libusb_init(&context) == 0) libusb_exit(context);
    }
  });
  for (int i = 0; i < times; ++i) {
    const Lab::SerialAdapter adapter{.serial = "A50285BI", .tty = Lab::own_tty(i)};
    lab.plug(adapter);
    lab.unplug(adapter);
  }
  SUCCEED() << "umockdev would have aborted";
}

}  // namespace
}  // namespace coldboot
