#include "drivers/hid_relay/report.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace coldboot {
namespace {

constexpr std::uint8_t close_one = 0xff;
constexpr std::uint8_t open_one = 0xfd;
constexpr std::size_t id_bytes = 5;
constexpr std::size_t state_byte = 7;
constexpr std::string_view product_prefix = "USBRelay";

bool is_printable(std::uint8_t byte) {
  return byte > ' ' && byte < 0x7f;
}

}  // namespace

HidRelayCommand hid_relay_command(int channel, Contact wanted) {
  return {wanted == Contact::closed ? close_one : open_one, static_cast<std::uint8_t>(channel)};
}

Contact HidRelayReport::contact(int channel) const {
  return (on >> (channel - 1) & 1) != 0 ? Contact::closed : Contact::open;
}

Result<HidRelayReport> parse_hid_relay_report(std::span<const std::uint8_t> bytes) {
  const bool whole = bytes.size() == hid_relay_report_bytes;
  if (!whole || !std::all_of(bytes.begin(), bytes.begin() + id_bytes, is_printable) || bytes[id_bytes] != 0) {
    return Fault(Cause::protocol, "",
                 fmt::format("found the report [{:02x}], expected 8 bytes: an id of five characters, 00, any, state",
                             fmt::join(bytes, " ")));
  }
  return HidRelayReport{std::string(bytes.begin(), bytes.begin() + id_bytes), bytes[state_byte]};
}

std::optional<int> hid_relay_channels(std::string_view product) {
  if (product.size() != product_prefix.size() + 1 || !product.starts_with(product_prefix)) return std::nullopt;
  const char digit = product.back();
  if (digit < '1' || digit > '8') return std::nullopt;
  return digit - '0';
}

}  // namespace coldboot
