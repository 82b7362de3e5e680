#include <cstdint>
#include <string>
#include <string_view>

#include "drivers/qemu/qmp.hpp"

namespace {

using namespace coldboot;

/// What the reader makes of bytes that come in pieces of the given size: kinds and texts, and whether it gave up.
std::string read_in_pieces(std::string_view bytes, std::size_t piece) {
  QmpReader reader;
  std::string seen;
  for (std::size_t offset = 0; offset < bytes.size(); offset += piece) {
    const auto messages = reader.feed(bytes.substr(offset, piece));
    if (!messages) return seen + "!";
    for (const auto& message : *messages) {
      seen += std::to_string(static_cast<int>(message.kind)) + message.text + message.event.name + message.event.reason;
    }
  }
  return seen;
}

}  // namespace

/// The first byte chooses the size of the pieces. What was read before a line that is no QMP depends on where the
/// pieces end; without one, nothing does.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = read_in_pieces(bytes, bytes.size() + 1);
  const std::string pieces = read_in_pieces(bytes, std::size_t{1} + data[0] % 64);
  if (whole.ends_with('!') != pieces.ends_with('!')) __builtin_trap();
  if (!whole.ends_with('!') && whole != pieces) __builtin_trap();
  return 0;
}
