#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "drivers/qemu/qmp.hpp"

namespace {

using namespace coldboot;

/// What the reader makes of bytes: kinds and texts, or that it gave up, as nothing.
std::optional<std::string> read_in_pieces(std::string_view bytes, std::size_t piece) {
  QmpReader reader;
  std::string seen;
  for (std::size_t offset = 0; offset < bytes.size(); offset += piece) {
    const auto messages = reader.feed(bytes.substr(offset, piece));
    if (!messages) return std::nullopt;
    for (const auto& message : *messages) {
      seen += std::to_string(static_cast<int>(message.kind)) + message.text + message.event.name + message.event.reason;
    }
  }
  return seen;
}

}  // namespace

/// The first byte chooses the size of the pieces, on which nothing may depend.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (read_in_pieces(bytes, bytes.size() + 1) != read_in_pieces(bytes, std::size_t{1} + data[0] % 64)) __builtin_trap();
  return 0;
}
