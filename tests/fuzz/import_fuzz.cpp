#include <cstdint>
#include <string_view>

#include "harness/import/import_log.hpp"

namespace {

/// A broken promise of import_log() ends the process, so that the fuzzer keeps the bytes.
void check(bool promise) {
  if (!promise) {
    __builtin_trap();
  }
}

void check_chunks(const coldboot::ConsoleRecord& console) {
  std::uint64_t offset = 0;
  coldboot::Instant last{};
  for (const coldboot::Chunk& chunk : console.chunks) {
    check(chunk.offset == offset && chunk.length > 0);
    check(chunk.not_before <= chunk.arrival && last <= chunk.arrival);
    offset += chunk.length;
    last = chunk.arrival;
  }
  check(offset == console.raw.size());
}

void check_import(std::string_view bytes, const coldboot::ImportOptions& options) {
  const auto log = coldboot::import_log(bytes, "fuzz.log", options);
  if (log.has_error()) {
    return;
  }
  const auto& console = log->record.consoles.front();
  check_chunks(console);
  std::uint64_t prefixes = 0;
  for (const coldboot::ImportedLine& line : log->lines) {
    prefixes += line.prefix;
  }
  check(prefixes + console.raw.size() == bytes.size());
  check(log->line_of(console.raw.size()) == log->lines.size());
}

}  // namespace

/// The first byte chooses the options, the rest is the log.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  coldboot::ImportOptions options;
  if ((data[0] & 1U) != 0) {
    options.stamps.form = static_cast<coldboot::StampForm>((data[0] >> 1U) % 8U);
  }
  if ((data[0] & 16U) != 0) {
    options.stamps.since_previous = (data[0] & 32U) != 0;
  }
  options.origin = (data[0] & 64U) != 0 ? coldboot::LogOrigin::stamp_zero : coldboot::LogOrigin::first_stamp;
  check_import({reinterpret_cast<const char*>(data + 1), size - 1}, options);
  return 0;
}
