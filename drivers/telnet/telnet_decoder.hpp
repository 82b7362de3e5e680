#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace coldboot {

// Telnet's bytes (RFC 854, RFC 855) as meaning, and back. Pure.

enum class TelnetVerb : unsigned char { will = 0xFB, wont = 0xFC, please = 0xFD, please_not = 0xFE };

/// Options that serial consoles know.
namespace telnet_option {
constexpr unsigned char binary = 0;       // RFC 856
constexpr unsigned char echo = 1;         // RFC 857
constexpr unsigned char no_go_ahead = 3;  // RFC 858
constexpr unsigned char com_port = 44;    // RFC 2217
}  // namespace telnet_option

struct TelnetNegotiation {
  TelnetVerb verb = TelnetVerb::wont;
  unsigned char option = 0;
  bool operator==(const TelnetNegotiation&) const = default;
};

struct TelnetSubnegotiation {
  unsigned char option = 0;
  std::string bytes;
  bool operator==(const TelnetSubnegotiation&) const = default;
};

using TelnetSign = std::variant<TelnetNegotiation, TelnetSubnegotiation>;

/// Takes telnet's own bytes out of what a server sends. Byte by byte, so that pieces may end anywhere; every byte that
/// is not telnet's is kept. As long as the server has not said that it sends binary, the NUL that follows a CR is
/// telnet's too.
class TelnetDecoder {
 public:
  /// Longer ones are dropped: nothing we understand is as long.
  static constexpr std::size_t most_subnegotiation = 256;

  /// In place; returns how many bytes of data there are. What else was said is added to `signs`, in order.
  std::size_t decode(std::span<char> bytes, std::vector<TelnetSign>& signs);

 private:
  enum class State { data, command, negotiation, subnegotiation_option, subnegotiation, subnegotiation_command };

  bool is_data(unsigned char byte);
  void take_command(unsigned char byte, std::vector<TelnetSign>& signs);
  void take_option(unsigned char byte, std::vector<TelnetSign>& signs);
  void take_subnegotiation(unsigned char byte);
  void take_subnegotiation_command(unsigned char byte, std::vector<TelnetSign>& signs);

  State state_ = State::data;
  TelnetVerb verb_ = TelnetVerb::wont;
  TelnetSubnegotiation subnegotiation_;
  bool too_long_ = false;
  bool binary_ = false;  // the server said so
  bool after_cr_ = false;
};

/// Data as it is sent: FF doubled; where we have not agreed to send binary, a CR is followed by LF or NUL.
std::string telnet_data(std::string_view bytes, bool binary);

std::string telnet_negotiation(TelnetVerb verb, unsigned char option);
std::string telnet_subnegotiation(unsigned char option, std::string_view bytes);

/// A break on the line, where nothing better was agreed on.
std::string telnet_break();

/// For people: "WILL BINARY", "DO option 24".
std::string text_of(const TelnetNegotiation& negotiation);

}  // namespace coldboot
