#include <cstdint>

#include <fmt/format.h>

#include "drivers/serial_relay/dialect.hpp"

namespace coldboot {
namespace {

// Functions of the Modbus application protocol, 1.1b3.
constexpr std::uint8_t read_coils = 0x01;
constexpr std::uint8_t read_registers = 0x03;
constexpr std::uint8_t write_coil = 0x05;
constexpr std::uint8_t write_register = 0x06;
constexpr std::uint8_t exception_bit = 0x80;

constexpr std::uint16_t coil_closed = 0xff00;
constexpr std::uint16_t coil_open = 0x0000;
constexpr std::uint16_t command_close = 0x0100;  // of boards with registers
constexpr std::uint16_t command_open = 0x0200;

constexpr std::size_t head_bytes = 2;  // address, function
constexpr std::size_t crc_bytes = 2;

/// CRC-16 of Modbus over serial line, 2.5.1.2.
std::uint16_t crc_of(std::string_view bytes) {
  constexpr std::uint16_t polynomial = 0xa001;
  std::uint16_t crc = 0xffff;
  for (const char byte : bytes) {
    crc = static_cast<std::uint16_t>(crc ^ static_cast<std::uint8_t>(byte));
    for (int bit = 0; bit < 8; ++bit)
      crc = static_cast<std::uint16_t>((crc & 1U) != 0 ? crc >> 1U ^ polynomial : crc >> 1U);
  }
  return crc;
}

std::string word(std::uint16_t value) {
  return {static_cast<char>(value >> 8U), static_cast<char>(value & 0xffU)};
}

std::string with_crc(std::string frame) {
  const std::uint16_t crc = crc_of(frame);
  frame += static_cast<char>(crc & 0xffU);  // low byte first, unlike everything else
  frame += static_cast<char>(crc >> 8U);
  return frame;
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes)
    text += fmt::format("{}{:02x}", text.empty() ? "" : " ", static_cast<std::uint8_t>(byte));
  return text;
}

std::string_view name_of_exception(std::uint8_t code) {
  switch (code) {
    case 1: return "illegal function";
    case 2: return "illegal address";
    case 3: return "illegal value";
    case 4: return "device failure";
    case 6: return "busy";
    default: return "an exception";
  }
}

class Modbus final : public RelayDialect {
 public:
  Modbus(ModbusStyle style, int address, int first)
      : style_(style), address_(static_cast<char>(address)), first_(first) {}

  [[nodiscard]] std::string set(int channel, Contact wanted) const override {
    const bool closed = wanted == Contact::closed;
    if (style_ == ModbusStyle::coils) return request(write_coil, channel, closed ? coil_closed : coil_open);
    return request(write_register, channel, closed ? command_close : command_open);
  }

  /// The board repeats the command.
  [[nodiscard]] Result<bool> is_taken(std::string_view answer, int channel, Contact wanted) const override {
    const std::string command = set(channel, wanted);
    const auto whole = is_whole(answer, function_of(command), command.size());
    if (!whole || !*whole) return whole;
    if (answer.substr(0, command.size()) != command) return unexpected(answer, "the command repeated");
    return true;
  }

  [[nodiscard]] std::string ask(int channel) const override {
    return request(style_ == ModbusStyle::coils ? read_coils : read_registers, channel, 1);
  }

  [[nodiscard]] Result<std::optional<Contact>> contact(std::string_view answer, int channel) const override {
    const std::uint8_t data_bytes = style_ == ModbusStyle::coils ? 1 : 2;
    const auto whole = is_whole(answer, function_of(ask(channel)), head_bytes + 1 + data_bytes + crc_bytes);
    if (!whole) return whole.error();
    if (!*whole) return std::optional<Contact>();
    const auto count = static_cast<std::uint8_t>(answer[head_bytes]);
    const auto low = static_cast<std::uint8_t>(answer[head_bytes + data_bytes]);
    const bool high_is_zero = data_bytes == 1 || answer[head_bytes + 1] == 0;
    if (count != data_bytes || low > 1 || !high_is_zero) return unexpected(answer, "the state of one contact");
    return std::optional(low == 1 ? Contact::closed : Contact::open);
  }

 private:
  [[nodiscard]] std::string request(std::uint8_t function, int channel, std::uint16_t value) const {
    const auto place = static_cast<std::uint16_t>(first_ + channel - 1);
    return with_crc(std::string{address_, static_cast<char>(function)} + word(place) + word(value));
  }

  static std::uint8_t function_of(std::string_view frame) { return static_cast<std::uint8_t>(frame[1]); }

  /// Whether a frame of that length, or an exception, is all there and undamaged.
  [[nodiscard]] Result<bool> is_whole(std::string_view answer, std::uint8_t function, std::size_t length) const {
    constexpr std::size_t exception_bytes = head_bytes + 1 + crc_bytes;
    if (answer.size() < head_bytes) return false;
    const std::uint8_t said = function_of(answer);
    const bool is_exception = said == (function | exception_bit);
    if (answer[0] != address_ || (said != function && !is_exception))
      return unexpected(answer,
                        fmt::format("function {:02x} of board {}", function, static_cast<std::uint8_t>(address_)));
    const std::size_t whole = is_exception ? exception_bytes : length;
    if (answer.size() < whole) return false;
    const std::string_view frame = answer.substr(0, whole);
    if (with_crc(std::string(frame.substr(0, whole - crc_bytes))) != frame)
      return unexpected(frame, "a frame whose CRC fits");
    if (!is_exception) return true;
    const auto code = static_cast<std::uint8_t>(frame[head_bytes]);
    return Fault(Cause::refused, "", fmt::format("the board says {} ({:02x})", name_of_exception(code), code),
                 "is `first` right for this model?");
  }

  static Fault unexpected(std::string_view found, std::string_view expected) {
    constexpr std::size_t shown = 24;
    return Fault(Cause::protocol, "", fmt::format("found [{}], expected {}", hex(found.substr(0, shown)), expected));
  }

  ModbusStyle style_;
  char address_;
  int first_;
};

}  // namespace

std::unique_ptr<RelayDialect> modbus_dialect(ModbusStyle style, int address, int first) {
  return std::make_unique<Modbus>(style, address, first);
}

}  // namespace coldboot
