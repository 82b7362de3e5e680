#include "drivers/telnet/telnet_decoder.hpp"

#include <utility>

#include <fmt/format.h>

namespace coldboot {
namespace {

// RFC 854, "NVT commands".
constexpr unsigned char end_of_subnegotiation = 0xF0;
constexpr unsigned char break_command = 0xF3;
constexpr unsigned char subnegotiation_begins = 0xFA;
constexpr unsigned char iac = 0xFF;

constexpr bool is_verb(unsigned char byte) {
  return byte >= static_cast<unsigned char>(TelnetVerb::will) &&
         byte <= static_cast<unsigned char>(TelnetVerb::please_not);
}

void append(std::string& text, unsigned char byte) {
  text += static_cast<char>(byte);
}

void append_doubled(std::string& text, char byte) {
  text += byte;
  if (static_cast<unsigned char>(byte) == iac) text += byte;
}

}  // namespace

std::size_t TelnetDecoder::decode(std::span<char> bytes, std::vector<TelnetSign>& signs) {
  std::size_t kept = 0;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    switch (state_) {
      case State::data:
        if (is_data(value)) bytes[kept++] = byte;
        break;
      case State::command:
        if (value == iac) {
          bytes[kept++] = byte;
          after_cr_ = false;
          state_ = State::data;
        } else {
          take_command(value, signs);
        }
        break;
      case State::negotiation: take_option(value, signs); break;
      case State::subnegotiation_option:
        subnegotiation_.option = value;
        state_ = State::subnegotiation;
        break;
      case State::subnegotiation: take_subnegotiation(value); break;
      case State::subnegotiation_command: take_subnegotiation_command(value, signs); break;
    }
  }
  return kept;
}

bool TelnetDecoder::is_data(unsigned char byte) {
  if (byte == iac) {
    state_ = State::command;
    return false;
  }
  const bool after_cr = std::exchange(after_cr_, byte == '\r');
  return byte != 0 || !after_cr || binary_;
}

void TelnetDecoder::take_command(unsigned char byte, std::vector<TelnetSign>&) {
  state_ = State::data;
  if (is_verb(byte)) {
    verb_ = static_cast<TelnetVerb>(byte);
    state_ = State::negotiation;
  }
  if (byte == subnegotiation_begins) {
    subnegotiation_ = {};
    too_long_ = false;
    state_ = State::subnegotiation_option;
  }
}

void TelnetDecoder::take_option(unsigned char byte, std::vector<TelnetSign>& signs) {
  if (byte == telnet_option::binary && verb_ == TelnetVerb::will) binary_ = true;
  if (byte == telnet_option::binary && verb_ == TelnetVerb::wont) binary_ = false;
  signs.emplace_back(TelnetNegotiation{verb_, byte});
  state_ = State::data;
}

void TelnetDecoder::take_subnegotiation(unsigned char byte) {
  if (byte == iac) {
    state_ = State::subnegotiation_command;
  } else if (subnegotiation_.bytes.size() < most_subnegotiation) {
    append(subnegotiation_.bytes, byte);
  } else {
    too_long_ = true;
  }
}

void TelnetDecoder::take_subnegotiation_command(unsigned char byte, std::vector<TelnetSign>& signs) {
  state_ = State::subnegotiation;
  if (byte == iac) {
    if (subnegotiation_.bytes.size() < most_subnegotiation) {
      append(subnegotiation_.bytes, byte);
    } else {
      too_long_ = true;
    }
    return;
  }
  if (byte == end_of_subnegotiation) {
    if (!too_long_) signs.emplace_back(std::move(subnegotiation_));
    state_ = State::data;
    return;
  }
  take_command(byte, signs);  // it was never ended: what comes is taken as what it is
}

std::string telnet_data(std::string_view bytes, bool binary) {
  std::string data;
  data.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    append_doubled(data, bytes[i]);
    const bool ends_line = i + 1 < bytes.size() && bytes[i + 1] == '\n';
    if (!binary && bytes[i] == '\r' && !ends_line) data += '\0';
  }
  return data;
}

std::string telnet_negotiation(TelnetVerb verb, unsigned char option) {
  std::string bytes;
  append(bytes, iac);
  append(bytes, static_cast<unsigned char>(verb));
  append(bytes, option);
  return bytes;
}

std::string telnet_subnegotiation(unsigned char option, std::string_view content) {
  std::string bytes;
  append(bytes, iac);
  append(bytes, subnegotiation_begins);
  append(bytes, option);
  for (const char byte : content) append_doubled(bytes, byte);
  append(bytes, iac);
  append(bytes, end_of_subnegotiation);
  return bytes;
}

std::string telnet_break() {
  std::string bytes;
  append(bytes, iac);
  append(bytes, break_command);
  return bytes;
}

std::string text_of(const TelnetNegotiation& negotiation) {
  std::string_view verb = "WILL";
  if (negotiation.verb == TelnetVerb::wont) verb = "WONT";
  if (negotiation.verb == TelnetVerb::please) verb = "DO";
  if (negotiation.verb == TelnetVerb::please_not) verb = "DONT";
  switch (negotiation.option) {
    case telnet_option::binary: return fmt::format("{} BINARY", verb);
    case telnet_option::echo: return fmt::format("{} ECHO", verb);
    case telnet_option::no_go_ahead: return fmt::format("{} SUPPRESS-GO-AHEAD", verb);
    case telnet_option::com_port: return fmt::format("{} COM-PORT", verb);
    default: return fmt::format("{} option {}", verb, negotiation.option);
  }
}

}  // namespace coldboot
