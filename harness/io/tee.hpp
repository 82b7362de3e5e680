#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "harness/core/result.hpp"
#include "harness/io/connect.hpp"
#include "harness/io/descriptor.hpp"
#include "harness/io/wake.hpp"

namespace coldboot {

/// A copy of a stream of bytes for whoever wants to watch. One who reads too slowly misses bytes, and is told how many
/// where they are missing; nobody else waits for it.
class Tee {
 public:
  /// What a watcher typed, and who that is ("maria"). Called on a thread of the tee, which may be kept waiting.
  using OnTyped = std::function<void(std::string_view bytes, const std::string& who)>;

  /// Bytes of the past that a watcher of this host is shown first.
  static constexpr std::size_t past = std::size_t{64} << 10U;
  /// Bytes that wait for one reader before it misses some.
  static constexpr std::size_t most_waiting = std::size_t{256} << 10U;

  /// On a TCP port, for telnet, nc and the like: whoever comes sees what is said from then on; what they type goes
  /// nowhere. Port 0 is one that is free. Faults: `busy` (the port is taken), `refused`, `mistake` (no address of this
  /// host), `io`.
  static Result<std::unique_ptr<Tee>> open(const TcpAddress& address, const std::string& where);

  /// At a Unix socket, for everybody on this host who may enter its folder: they see the past first, and what our own
  /// user and root type there is handed on. The socket goes with the tee. Faults: `refused`, `mistake` (too long a
  /// path), `io`.
  static Result<std::unique_ptr<Tee>> open(const std::filesystem::path& socket, const std::string& where,
                                           OnTyped on_typed);
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
    std::string who;  ///< may type; empty: may not
  };
  struct TypedText {
    std::string bytes;
    std::string who;
  };

  Tee(Descriptor listening, int port, Wake wake, std::filesystem::path socket, OnTyped on_typed);
  void serve(const std::stop_token& stop);
  void welcome();
  static bool send_waiting(Reader& reader);
  static bool is_there(const Reader& reader, std::vector<TypedText>& typed);

  const Descriptor listening_;
  const int port_;
  const Wake wake_;
  const std::filesystem::path socket_;  // empty: a TCP port
  const OnTyped on_typed_;
  std::mutex mutex_;  // guards the next two; held for calls that do not wait only
  std::list<Reader> readers_;
  std::string past_;
  std::jthread thread_;
};

/// Whether an address can be reached from this host only.
bool is_loopback(const TcpAddress& address);

}  // namespace coldboot
