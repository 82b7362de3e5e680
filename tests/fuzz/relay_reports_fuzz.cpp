// What relay boards answer: any bytes are a state or a fault, and never something in between.

#include <cstdint>
#include <span>

#include "drivers/hid_relay/report.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto report = coldboot::parse_hid_relay_report({data, size});
  if (report && (report->id.size() != 5 || size != coldboot::hid_relay_report_bytes)) __builtin_trap();
  return 0;
}
