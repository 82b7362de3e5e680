#include <cstdint>
#include <string>
#include <string_view>

#include "drivers/flashrom/flashrom_output.hpp"

/// The first byte chooses the size of the pieces, on which nothing may depend; the next two the task and the status.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace coldboot;
  constexpr std::size_t choices = 3;
  constexpr unsigned tasks = 5;
  if (size < choices) return 0;
  const std::string_view output(reinterpret_cast<const char*>(data) + choices, size - choices);
  FlashromStages whole;
  whole.take(output);
  FlashromStages pieces;
  const std::size_t piece = std::size_t{1} + data[0] % 64;
  for (std::size_t at = 0; at < output.size(); at += piece) pieces.take(output.substr(at, piece));
  if (whole.stage() != pieces.stage()) __builtin_trap();
  (void)found_chips(output);
  (void)outcome_of({static_cast<FlashromTask>(data[1] % tasks), data[2], std::string(output), whole.stage()});
  return 0;
}
