#include "drivers/telnet/telnet_options.hpp"

namespace coldboot {

TelnetOptions::TelnetOptions(bool com_port) : offer_com_port_(com_port) {}

std::string TelnetOptions::ask() {
  std::string bytes;
  for (const unsigned char option : {telnet_option::binary, telnet_option::no_go_ahead}) {
    bytes += telnet_negotiation(TelnetVerb::please, option);
    bytes += telnet_negotiation(TelnetVerb::will, option);
    theirs_[option] = Agreement::asked;
    ours_[option] = Agreement::asked;
  }
  if (offer_com_port_) {
    bytes += telnet_negotiation(TelnetVerb::will, telnet_option::com_port);
    ours_[telnet_option::com_port] = Agreement::asked;
  }
  return bytes;
}

TelnetOptions::Agreement TelnetOptions::agreement(const Side& side, unsigned char option) {
  const auto known = side.find(option);
  return known == side.end() ? Agreement::not_asked : known->second;
}

bool TelnetOptions::waits_for_binary() const {
  return agreement(ours_, telnet_option::binary) == Agreement::asked ||
         agreement(theirs_, telnet_option::binary) == Agreement::asked;
}

TelnetOptions::Answer TelnetOptions::hear(const TelnetNegotiation& said) {
  if (said.verb == TelnetVerb::will || said.verb == TelnetVerb::wont) {
    return agree(theirs_, said, TelnetVerb::please, TelnetVerb::please_not);
  }
  return agree(ours_, said, TelnetVerb::will, TelnetVerb::wont);
}

/// `yes` and `no` are how we speak of that side.
TelnetOptions::Answer TelnetOptions::agree(Side& side, const TelnetNegotiation& said, TelnetVerb yes, TelnetVerb no) {
  const Agreement before = agreement(side, said.option);
  const bool wanted = said.verb == TelnetVerb::will || said.verb == TelnetVerb::please;
  Agreement& now = side[said.option];
  now = before;
  if (!wanted) {
    if (before == Agreement::refused || before == Agreement::not_asked) return {};
    now = Agreement::refused;
    return {before == Agreement::agreed ? telnet_negotiation(no, said.option) : "", true};
  }
  if (before == Agreement::agreed || before == Agreement::refused) return {};
  if (before == Agreement::asked) {
    now = Agreement::agreed;
    return {"", true};
  }
  // The server's echo is that of the DUT, which we get either way; we ourselves must echo nothing to it.
  const bool harmless = said.option == telnet_option::binary || said.option == telnet_option::no_go_ahead ||
                        (said.option == telnet_option::echo && &side == &theirs_);
  now = harmless ? Agreement::agreed : Agreement::refused;
  return {telnet_negotiation(harmless ? yes : no, said.option), true};
}

}  // namespace coldboot
