#include "drivers/tcp/greeting.hpp"

namespace coldboot {
namespace {

constexpr std::string_view in_use = "Port already in use";  // ser2net 4.3
static_assert(in_use.size() == greeting_length);

constexpr unsigned char iac = 0xFF;
constexpr unsigned char will = 0xFB;
constexpr unsigned char last_verb = 0xFE;
constexpr std::string_view first_options("\x00\x01\x03\x18\x1f\x2c",
                                         6);  // binary, echo, go-ahead, terminal, size, line

bool begins_as_telnet(std::string_view bytes) {
  if (!bytes.empty() && static_cast<unsigned char>(bytes[0]) != iac) return false;
  if (bytes.size() > 1) {
    const auto verb = static_cast<unsigned char>(bytes[1]);
    if (verb < will || verb > last_verb) return false;
  }
  return bytes.size() < 3 || first_options.find(bytes[2]) != std::string_view::npos;
}

}  // namespace

Greeting greeting_in(std::string_view first) {
  if (begins_as_telnet(first)) return first.size() < 3 ? Greeting::undecided : Greeting::telnet;
  if (first.starts_with(in_use)) return Greeting::taken;
  return in_use.starts_with(first) ? Greeting::undecided : Greeting::console;
}

}  // namespace coldboot
