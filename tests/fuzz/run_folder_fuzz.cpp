#include <cstdint>
#include <string>
#include <string_view>

#include "harness/event/chunk_index.hpp"
#include "harness/event/event_codec.hpp"
#include "harness/event/run_info.hpp"

namespace {

using namespace coldboot;

const Instant origin = Instant(std::chrono::hours(1));

/// A broken promise ends the process, so that the fuzzer keeps the bytes.
void check(bool promise) {
  if (!promise) __builtin_trap();
}

/// What was read as an event is written as one that reads the same.
void check_event(std::string_view line) {
  const auto event = decode_event(line, origin);
  if (!event) return;
  const auto again = decode_event(encode_event(*event, origin), origin);
  check(again.has_value() && *again == *event);
}

void check_index(std::string_view index, std::uint64_t raw_bytes) {
  const IndexReading reading = read_index(index, raw_bytes, origin);
  std::uint64_t end = 0;
  for (const Chunk& chunk : reading.chunks) {
    check(chunk.offset == end && chunk.length > 0);
    end += chunk.length;
  }
  check(end <= raw_bytes);
}

void check_run_info(std::string_view json) {
  const auto info = decode_run_info(json);
  if (!info) return;
  const auto again = decode_run_info(encode_run_info(*info));
  check(again.has_value() && *again == *info);
}

}  // namespace

/// The first byte says what the rest is; of an index it also says how long the raw file is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0: check_event(rest); break;
    case 1: check_index(rest, data[0]); break;
    default: check_run_info(rest);
  }
  return 0;
}
