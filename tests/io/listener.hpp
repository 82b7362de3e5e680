#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include "harness/io/descriptor.hpp"

namespace coldboot {

/// Somebody who listens on a TCP port of this machine, and speaks as a test wants.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(::listen(socket_.get(), 4), 0);
    EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
    port_ = ntohs(address.sin_port);
  }

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] int descriptor() const { return socket_.get(); }  ///< readable when somebody has connected

  /// The next who connects.
  [[nodiscard]] Descriptor accept() const {
    Descriptor client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    EXPECT_TRUE(client.is_open());
    return client;
  }

  void close() { socket_.close(); }

 private:
  Descriptor socket_;
  int port_ = 0;
};

inline void say(const Descriptor& line, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(line.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ASSERT_GT(count, 0);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Reads exactly as many bytes as `count`; fewer when the line ends, or after half a minute.
inline std::string hear(const Descriptor& line, std::size_t count) {
  std::string bytes;
  while (bytes.size() < count) {
    pollfd waiting{line.get(), POLLIN, 0};
    if (::poll(&waiting, 1, 30'000) <= 0) break;
    std::string piece(count - bytes.size(), '\0');
    const ssize_t got = ::read(line.get(), piece.data(), piece.size());
    if (got <= 0) break;
    bytes.append(piece, 0, static_cast<std::size_t>(got));
  }
  return bytes;
}

}  // namespace coldboot
