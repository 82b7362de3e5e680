#pragma once

#include <map>
#include <string>

#include "drivers/telnet/telnet_decoder.hpp"

namespace coldboot {

/// Which options two ends of a telnet connection have agreed on. Asks for what a console needs, agrees to what does no
/// harm, refuses the rest once, and answers nothing that changes nothing, so that two ends cannot go round in circles
/// (RFC 854, "general considerations"; RFC 1143).
class TelnetOptions {
 public:
  /// `com_port`: whether to offer RFC 2217.
  explicit TelnetOptions(bool com_port);

  enum class Agreement { asked, agreed, refused, not_asked };

  /// What we say first.
  std::string ask();

  struct Answer {
    std::string bytes;     ///< to be sent; may be empty
    bool changed = false;  ///< something is agreed or refused now that was not
  };
  Answer hear(const TelnetNegotiation& said);

  /// We send every byte as it is.
  [[nodiscard]] bool sends_binary() const { return agreement(ours_, telnet_option::binary) == Agreement::agreed; }
  /// The server has not said yet whether bytes go as they are both ways.
  [[nodiscard]] bool waits_for_binary() const;
  /// RFC 2217. Once refused it stays so.
  [[nodiscard]] Agreement com_port() const { return agreement(ours_, telnet_option::com_port); }

 private:
  using Side = std::map<unsigned char, Agreement>;
  static Agreement agreement(const Side& side, unsigned char option);
  Answer agree(Side& side, const TelnetNegotiation& said, TelnetVerb yes, TelnetVerb no);

  Side ours_;    // what we do
  Side theirs_;  // what the server does
  bool offer_com_port_;
};

}  // namespace coldboot
