#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/io/network_namespace.hpp"

namespace coldboot {

// What the hosts on both sides of a firewall do. Plain and slow: they prove that it works, not when.

/// Answers each datagram on a UDP port with the address it came from, as its receiver saw it.
class UdpMirror {
 public:
  UdpMirror(const NetworkNamespace& network, std::uint16_t port);
  ~UdpMirror();
  UdpMirror(const UdpMirror&) = delete;
  UdpMirror& operator=(const UdpMirror&) = delete;

 private:
  Descriptor socket_;
  std::jthread thread_;
};

/// Sends a datagram every few milliseconds to a host that should never get one, and counts there those that came.
class ForbiddenFlow {
 public:
  ForbiddenFlow(const NetworkNamespace& from, const NetworkNamespace& to, const std::string& address,
                std::uint16_t port);
  ~ForbiddenFlow();
  ForbiddenFlow(const ForbiddenFlow&) = delete;
  ForbiddenFlow& operator=(const ForbiddenFlow&) = delete;

  [[nodiscard]] int sent() const { return sent_; }
  [[nodiscard]] int passed() const { return passed_; }

 private:
  Descriptor out_;
  Descriptor in_;
  std::atomic<int> sent_ = 0;
  std::atomic<int> passed_ = 0;
  std::jthread thread_;
};

/// The answer to a question asked every half second until there is one.
std::optional<std::string> ask_udp(const NetworkNamespace& network, const std::string& address, std::uint16_t port,
                                   const std::string& question, Nanos in_time);

/// The address that a name server gives for a name.
std::optional<std::string> ask_dns(const NetworkNamespace& network, const std::string& server, const std::string& name,
                                   Nanos in_time);

/// The address that a DHCP server on `interface` offers. Nothing is leased.
std::optional<std::string> ask_dhcp(const NetworkNamespace& network, const std::string& interface, Nanos in_time);

}  // namespace coldboot
