#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/units.hpp"

namespace coldboot {

// RFC 2217: a serial port's settings over telnet, as the content of sub-negotiations. Pure.

enum class FlowControl { none, rts_cts, xon_xoff };

/// What the port at the server is to be like; nothing: as it is.
struct ComPortSettings {
  std::optional<LineRate> line;
  std::optional<FlowControl> flow;
  std::optional<bool> dtr;
  std::optional<bool> rts;
};

/// One thing asked of the server, and the answer that grants it.
struct ComPortRequest {
  std::string name;       ///< for people: "115200 baud"
  std::string bytes;      ///< content of the sub-negotiation
  bool must_hold = true;  ///< false for modem lines, which not every port has
};

/// In the order to be asked.
std::vector<ComPortRequest> requests_for(const ComPortSettings& settings);

std::string com_port_signature_request();
/// What waits at the server from before is dropped there.
std::string com_port_purge_request();
/// The server is to tell of bytes it lost (overrun, parity, framing) and to be silent about modem lines.
std::string com_port_line_mask_request();
std::string com_port_modem_mask_request();
std::string com_port_break_request(bool on);

/// What a server says of its port.
struct ComPortAnswer {
  enum class Kind { signature, setting, line_state, other };
  Kind kind = Kind::other;
  std::string text;             ///< of a signature
  std::uint8_t line_state = 0;  ///< bits of RFC 2217, "NOTIFY-LINESTATE"
};

namespace line_state {
constexpr std::uint8_t overrun = 0x02;
constexpr std::uint8_t parity = 0x04;
constexpr std::uint8_t framing = 0x08;
}  // namespace line_state

ComPortAnswer com_port_answer(std::string_view content);

/// Whether `content` answers that request at all: the same command, and for modem lines the same line.
bool answers(std::string_view content, const ComPortRequest& request);
/// Whether it says that the port is as was asked.
bool grants(std::string_view content, const ComPortRequest& request);
/// The value in an answer, for people: "57600".
std::string value_text(std::string_view content);

}  // namespace coldboot
