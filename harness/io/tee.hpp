#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "harness/core/result.hpp"
#include "harness/io/connect.hpp"
#include "harness/io/descriptor.hpp"
#include "harness/io/wake.hpp"

namespace coldboot {

/// A read-only copy of a stream of bytes on a TCP port, for telnet, nc and whoever else wants to watch. Whoever comes
/// sees what is said from then on; what they type goes nowhere. One who reads too slowly misses bytes, and is told how
/// many where they are missing; nobody else waits for it.
class Tee {
 public:
  /// Bytes that wait for one reader before it misses some.
  static constexpr std::size_t most_waiting = std::size_t{256} << 10U;

  /// Listens; port 0 is one that is free. Faults: `busy` (the port is taken), `refused`, `mistake` (no address of this
  /// host), `io`.
  static Result<std::unique_ptr<Tee>> open(const TcpAddress& address, const std::string& where);
  ~Tee();
  Tee(const Tee&) = delete;
  Tee& operator=(const Tee&) = delete;

  /// Never waits.
  void add(std::string_view bytes);

  [[nodiscard]] int port() const { return port_; }

 private:
  struct Reader {
    Descriptor line;
    std::string waiting;
    std::uint64_t missed = 0;
  };

  Tee(Descriptor listening, int port, Wake wake);
  void serve(const std::stop_token& stop);
  void welcome();
  static bool send_waiting(Reader& reader);
  static bool is_there(const Reader& reader);

  const Descriptor listening_;
  const int port_;
  const Wake wake_;
  std::mutex mutex_;  // guards readers_; held for calls that do not wait only
  std::list<Reader> readers_;
  std::jthread thread_;
};

/// Whether an address can be reached from this host only.
bool is_loopback(const TcpAddress& address);

}  // namespace coldboot
