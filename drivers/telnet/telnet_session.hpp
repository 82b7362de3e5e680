#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/telnet/rfc2217.hpp"
#include "drivers/telnet/telnet_decoder.hpp"
#include "drivers/telnet/telnet_options.hpp"

namespace coldboot {

/// Bytes that a server says its port has lost or garbled, since the connection began.
struct ComPortErrors {
  std::uint64_t overruns = 0;
  std::uint64_t parity = 0;
  std::uint64_t framing = 0;
};

/// One telnet connection to a console server: what came and what has to be answered. Pure: bytes in, bytes out. It
/// makes the port's settings once the server has agreed to RFC 2217, and none after a refusal: ser2net obeys even then,
/// without a word.
class TelnetSession {
 public:
  struct Wishes {
    bool com_port = true;      ///< whether to offer RFC 2217
    ComPortSettings settings;  ///< to be made where the server agrees
    bool purge = true;         ///< drop what waits at the server from before
  };
  explicit TelnetSession(Wishes wishes);

  /// What to send first.
  std::string begin() { return options_.ask(); }

  struct Heard {
    std::size_t count = 0;           ///< bytes of the DUT, at the front of what was handed in
    std::string answer;              ///< to be sent
    std::vector<std::string> notes;  ///< what was agreed or refused, for the record
    std::vector<std::string> wrong;  ///< settings the server has, but not as we asked
  };
  Heard hear(std::span<char> bytes);

  [[nodiscard]] std::string data(std::string_view bytes) const { return telnet_data(bytes, options_.sends_binary()); }
  /// By RFC 2217 or, without, as telnet's BRK, whose length is the server's own: then there is no end to be sent.
  [[nodiscard]] std::string break_begins() const;
  [[nodiscard]] std::string break_ends() const;

  [[nodiscard]] TelnetOptions::Agreement com_port() const { return options_.com_port(); }
  /// All that was asked is decided and answered.
  [[nodiscard]] bool is_settled() const;
  /// What the server left without an answer, for people; modem lines are among `modem_lines` only.
  struct Unanswered {
    std::vector<std::string> settings;
    std::vector<std::string> modem_lines;
  };
  [[nodiscard]] Unanswered unanswered() const;
  [[nodiscard]] bool spoke_telnet() const { return spoke_telnet_; }
  [[nodiscard]] const std::string& signature() const { return signature_; }
  [[nodiscard]] const ComPortErrors& errors() const { return errors_; }

 private:
  struct Asked {
    ComPortRequest request;
    bool answered = false;
  };

  void take(const TelnetNegotiation& said, Heard& heard);
  void take(const TelnetSubnegotiation& said, Heard& heard);
  std::string make_settings();
  void take_setting(std::string_view content, Heard& heard);
  void count(std::uint8_t state);

  Wishes wishes_;
  TelnetDecoder decoder_;
  TelnetOptions options_;
  std::vector<Asked> asked_;
  bool waits_for_signature_ = false;
  bool spoke_telnet_ = false;
  int noted_ = 0;
  std::string signature_;
  ComPortErrors errors_;
};

}  // namespace coldboot
