#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "drivers/command/command_relay.hpp"
#include "drivers/dli/dli.hpp"
#include "drivers/gude/gude.hpp"
#include "drivers/http/http.hpp"
#include "drivers/labgrid/labgrid_place.hpp"
#include "drivers/netio/netio.hpp"
#include "drivers/rte/gpio.hpp"
#include "drivers/shelly/shelly.hpp"
#include "drivers/tasmota/tasmota.hpp"
#include "harness/core/text.hpp"

namespace {

using namespace coldboot;

/// What a device sends may end in a report, so whatever is told of it must be a line that every report can carry.
template <class T>
void expect_a_line(const Result<T>& read) {
  if (!read && printable_line(read.error().text(), std::string::npos) != read.error().text()) __builtin_trap();
}

void read_all(std::string_view answer, int channel) {
  expect_a_line(read_dli(answer, channel));
  expect_a_line(read_gude(answer, channel));
  expect_a_line(read_netio(answer, channel));
  expect_a_line(read_rte_gpio(answer, channel));
  expect_a_line(read_shelly(answer));
  expect_a_line(read_shelly_relay(answer, channel));
  expect_a_line(read_shelly_change(answer));
  expect_a_line(read_shelly_status(answer, channel));
  expect_a_line(read_tasmota(answer, channel));
  expect_a_line(read_http(answer, {.closed_answer = "{channel}: on", .open_answer = "off"}, channel));
  expect_a_line(read_labgrid_power(answer, "place"));
  expect_a_line(read_command({.exit_status = channel % 2, .output = std::string(answer)},
                             {.closed_output = "{index} on", .open_output = "off"}, channel));
}

}  // namespace

/// The first byte is the channel that was asked about.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  read_all({reinterpret_cast<const char*>(data) + 1, size - 1}, 1 + data[0] % 8);
  return 0;
}
