#pragma once

#include <cstddef>
#include <string_view>

namespace coldboot {

/// What the first bytes of a connection give away about who is at its far end.
enum class Greeting {
  undecided,  ///< more bytes could still say
  console,    ///< nothing special
  telnet,     ///< a telnet server: it negotiates (RFC 854), and a raw connection would record that
  taken,      ///< ser2net says that somebody else has the port
};

/// After this many bytes it is decided.
constexpr std::size_t greeting_length = 19;

/// Of the first bytes that came, at most greeting_length of them. A telnet server is told by a whole command about an
/// option that servers speak of first, which no console says by chance.
Greeting greeting_in(std::string_view first);

}  // namespace coldboot
