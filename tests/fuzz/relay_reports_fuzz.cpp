// What relay boards answer: any bytes are a state, the beginning of one, or a fault, and the same however they came.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "drivers/hid_relay/report.hpp"
#include "drivers/serial_relay/dialect.hpp"
#include "drivers/usb_hub/hub_descriptor.hpp"

namespace {

using namespace coldboot;

void read_hid_report(std::span<const std::uint8_t> bytes) {
  const auto report = parse_hid_relay_report(bytes);
  if (report && (report->id.size() != 5 || bytes.size() != hid_relay_report_bytes)) __builtin_trap();
}

void read_hub(std::span<const std::uint8_t> bytes) {
  const auto hub = parse_hub_descriptor(bytes);
  if (hub && hub->ports == 0) __builtin_trap();
  (void)parse_port_power(bytes, true);
  (void)container_id(bytes);
}

/// An answer that is whole, or wrong, stays so for its dialect to be of any use: what comes later is not waited for.
void read_answer(const RelayDialect& dialect, std::string_view answer) {
  for (std::size_t length = 0; length <= answer.size(); ++length) {
    const auto taken = dialect.is_taken(answer.substr(0, length), 1, Contact::closed);
    if (!taken && taken.error().what().empty()) __builtin_trap();
    const auto contact = dialect.contact(answer.substr(0, length), 1);
    if (!contact && contact.error().what().empty()) __builtin_trap();
    (void)dialect.is_awake(answer.substr(0, length));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array dialects = {lcus_dialect(4, LcusStatus::text),
                                      lcus_dialect(4, LcusStatus::bytes),
                                      kmtronic_dialect(2),
                                      kmtronic_dialect(8),
                                      numato_dialect(),
                                      devantech_dialect(),
                                      scpi_dialect(ScpiStyle::route, 101),
                                      modbus_dialect(ModbusStyle::coils, 1, 0),
                                      modbus_dialect(ModbusStyle::registers, 1, 1)};
  constexpr std::size_t longest = 1024;
  if (size == 0 || size > longest) return 0;
  read_hid_report({data, size});
  read_hub({data, size});
  read_answer(*dialects[data[0] % dialects.size()], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
