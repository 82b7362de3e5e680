#pragma once

#include <filesystem>
#include <string>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"
#include "harness/io/descriptor.hpp"

namespace coldboot {

/// A TCP port of a host, as faults and reports name it.
struct TcpAddress {
  std::string host;
  int port = 0;

  [[nodiscard]] std::string text() const;  ///< "rte-3:13541", "[::1]:7107"
};

/// "rte-3:13541", "[::1]:7107"; a port alone is one of this host. Fault: `mistake`.
Result<TcpAddress> parse_tcp_address(const std::string& text);

/// Connects; every address the name has is tried in turn, each with its share of the time. The socket is non-blocking,
/// sends what it is given at once, and finds out by itself within half a minute that the far end is gone.
/// Faults, all at `where`: `missing` (no such host), `refused` (nobody listens there), `timeout`, `stopped`, `io`.
Result<Descriptor> connect_tcp(const TcpAddress& address, const std::string& where, const Until& until);

/// Connects to a Unix socket. Faults: `missing` (no such file), `refused`, `mistake` (no socket, too long a path),
/// `io`.
Result<Descriptor> connect_unix(const std::filesystem::path& socket, const std::string& where);

/// Waits until `descriptor` can be read. Faults: `timeout`, `stopped`.
Result<void> wait_until_readable(int descriptor, const std::string& where, const Until& until);

}  // namespace coldboot
