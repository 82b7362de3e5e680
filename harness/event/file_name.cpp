#include "harness/event/file_name.hpp"

#include <charconv>
#include <cstdint>

#include <fmt/format.h>

namespace coldboot {
namespace {

bool stays(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

std::string file_name_of(std::string_view name) {
  if (name.empty()) return "%";
  std::string encoded;
  for (const char c : name) {
    const bool hides = encoded.empty() && c == '.';
    if (stays(c) && !hides) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02x}", static_cast<std::uint8_t>(c));
    }
  }
  return encoded;
}

std::string name_of_file(std::string_view file_name) {
  if (file_name == "%") return "";
  std::string name;
  for (std::size_t i = 0; i < file_name.size(); ++i) {
    std::uint8_t byte = 0;
    const char* digits = file_name.data() + i + 1;
    const bool room = i + 2 < file_name.size();
    if (file_name[i] == '%' && room && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      name += static_cast<char>(byte);
      i += 2;
    } else {
      name += file_name[i];
    }
  }
  return name;
}

}  // namespace coldboot
