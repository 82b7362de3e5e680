#include "drivers/telnet/rfc2217.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace coldboot {
namespace {

// Commands of a client; a server's answer has 100 more.
constexpr unsigned char signature = 0;
constexpr unsigned char set_baud = 1;
constexpr unsigned char set_data_size = 2;
constexpr unsigned char set_parity = 3;
constexpr unsigned char set_stop_size = 4;
constexpr unsigned char set_control = 5;
constexpr unsigned char line_state_mask = 10;
constexpr unsigned char modem_state_mask = 11;
constexpr unsigned char purge = 12;
constexpr unsigned char notify_line_state = 106;
constexpr unsigned char answer_offset = 100;

// Values of set_control.
constexpr unsigned char no_flow = 1;
constexpr unsigned char xon_xoff_flow = 2;
constexpr unsigned char rts_cts_flow = 3;
constexpr unsigned char break_on = 5;
constexpr unsigned char break_off = 6;
constexpr unsigned char dtr_on = 8;
constexpr unsigned char dtr_off = 9;
constexpr unsigned char rts_on = 11;
constexpr unsigned char rts_off = 12;

std::string content(unsigned char command, unsigned char value) {
  return {static_cast<char>(command), static_cast<char>(value)};
}

std::string content_of_baud(int baud) {
  const auto value = static_cast<std::uint32_t>(baud);
  std::string bytes(1, static_cast<char>(set_baud));
  for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(value >> shift & 0xFFU);
  return bytes;
}

unsigned char parity_value(char parity) {
  if (parity == 'o') return 2;
  return parity == 'e' ? 3 : 1;
}

unsigned char byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

/// Which of a port's properties a value of set_control is about: they share one command.
int property_of(unsigned char value) {
  if (value <= rts_cts_flow) return 0;
  if (value <= break_off) return 1;
  if (value <= dtr_off) return 2;
  return value <= rts_off ? 3 : 4;
}

}  // namespace

std::vector<ComPortRequest> requests_for(const ComPortSettings& settings) {
  std::vector<ComPortRequest> requests;
  if (const auto& line = settings.line) {
    requests.push_back({fmt::format("{} baud", line->baud), content_of_baud(line->baud)});
    requests.push_back({fmt::format("{} data bits", line->data_bits),
                        content(set_data_size, static_cast<unsigned char>(line->data_bits))});
    requests.push_back({fmt::format("parity {}", line->parity), content(set_parity, parity_value(line->parity))});
    requests.push_back({fmt::format("{} stop bits", line->stop_bits),
                        content(set_stop_size, static_cast<unsigned char>(line->stop_bits))});
  }
  if (settings.flow == FlowControl::none) requests.push_back({"no flow control", content(set_control, no_flow)});
  if (settings.flow == FlowControl::rts_cts) requests.push_back({"flow rts-cts", content(set_control, rts_cts_flow)});
  if (settings.flow == FlowControl::xon_xoff) {
    requests.push_back({"flow xon-xoff", content(set_control, xon_xoff_flow)});
  }
  if (settings.dtr) {
    requests.push_back(
        {*settings.dtr ? "DTR high" : "DTR low", content(set_control, *settings.dtr ? dtr_on : dtr_off), false});
  }
  if (settings.rts) {
    requests.push_back(
        {*settings.rts ? "RTS high" : "RTS low", content(set_control, *settings.rts ? rts_on : rts_off), false});
  }
  return requests;
}

std::string com_port_signature_request() {
  return {static_cast<char>(signature)};
}

std::string com_port_purge_request() {
  constexpr unsigned char receive_buffer = 1;
  return content(purge, receive_buffer);
}

std::string com_port_line_mask_request() {
  return content(line_state_mask, line_state::overrun | line_state::parity | line_state::framing);
}

std::string com_port_modem_mask_request() {
  return content(modem_state_mask, 0);
}

std::string com_port_break_request(bool on) {
  return content(set_control, on ? break_on : break_off);
}

ComPortAnswer com_port_answer(std::string_view bytes) {
  ComPortAnswer answer;
  if (bytes.empty()) return answer;
  const unsigned char command = byte_at(bytes, 0);
  if (command == signature + answer_offset) {
    answer.kind = ComPortAnswer::Kind::signature;
    answer.text = bytes.substr(1);
  } else if (command == notify_line_state && bytes.size() > 1) {
    answer.kind = ComPortAnswer::Kind::line_state;
    answer.line_state = byte_at(bytes, 1);
  } else if (command > answer_offset && command <= set_control + answer_offset) {
    answer.kind = ComPortAnswer::Kind::setting;
  }
  return answer;
}

bool answers(std::string_view bytes, const ComPortRequest& request) {
  if (bytes.size() != request.bytes.size() || byte_at(bytes, 0) != byte_at(request.bytes, 0) + answer_offset) {
    return false;
  }
  return byte_at(request.bytes, 0) != set_control ||
         property_of(byte_at(bytes, 1)) == property_of(byte_at(request.bytes, 1));
}

bool grants(std::string_view bytes, const ComPortRequest& request) {
  return answers(bytes, request) && bytes.substr(1) == std::string_view(request.bytes).substr(1);
}

std::string value_text(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes.substr(std::min<std::size_t>(bytes.size(), 1))) {
    value = value << 8U | static_cast<unsigned char>(byte);
  }
  return std::to_string(value);
}

}  // namespace coldboot
