#include "tests/virtual_apu2/hosts.hpp"

#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr auto between_questions = 500ms;
constexpr auto between_datagrams = 5ms;
constexpr std::uint16_t dns_port = 53;
constexpr std::uint16_t dhcp_server_port = 67;
constexpr std::uint16_t dhcp_client_port = 68;

sockaddr_in socket_name(const std::string& address, std::uint16_t port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &name.sin_addr) != 1) throw std::runtime_error("no address: " + address);
  return name;
}

std::string address_text(const void* four_bytes) {
  std::array<char, INET_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET, four_bytes, text.data(), text.size());
  return text.data();
}

Descriptor udp_socket(const NetworkNamespace& network, std::uint16_t port = 0) {
  auto socket = network.socket(AF_INET, SOCK_DGRAM, 0);
  if (!socket) throw std::runtime_error(socket.error().text());
  const sockaddr_in name = socket_name("0.0.0.0", port);
  if (::bind(socket->get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0)
    throw std::runtime_error("a UDP port is taken");
  return std::move(*socket);
}

void send_to(const Descriptor& socket, const sockaddr_in& name, std::string_view bytes) {
  ::sendto(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&name),
           sizeof name);
}

std::optional<std::string> receive(const Descriptor& socket, Nanos in_time, sockaddr_in* from = nullptr) {
  pollfd waiting{socket.get(), POLLIN, 0};
  ::poll(&waiting, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(in_time).count()));
  std::array<char, 1500> buffer{};
  sockaddr_in name{};
  socklen_t size = sizeof name;
  const ssize_t count =
      ::recvfrom(socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&name), &size);
  if (count < 0) return std::nullopt;
  if (from != nullptr) *from = name;
  return std::string(buffer.data(), static_cast<std::size_t>(count));
}

std::optional<std::string> ask(const Descriptor& socket, const sockaddr_in& whom, const std::string& question,
                               Nanos in_time) {
  const auto deadline = std::chrono::steady_clock::now() + in_time;
  while (std::chrono::steady_clock::now() < deadline) {
    send_to(socket, whom, question);
    if (auto answer = receive(socket, between_questions)) return answer;
  }
  return std::nullopt;
}

}  // namespace

UdpMirror::UdpMirror(const NetworkNamespace& network, std::uint16_t port)
    : socket_(udp_socket(network, port)), thread_([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          sockaddr_in from{};
          if (receive(socket_, 50ms, &from)) send_to(socket_, from, address_text(&from.sin_addr));
        }
      }) {}

UdpMirror::~UdpMirror() = default;

ForbiddenFlow::ForbiddenFlow(const NetworkNamespace& from, const NetworkNamespace& to, const std::string& address,
                             std::uint16_t port)
    : out_(udp_socket(from)),
      in_(udp_socket(to, port)),
      thread_([this, target = socket_name(address, port)](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          send_to(out_, target, "never");
          ++sent_;
          const auto next = std::chrono::steady_clock::now() + between_datagrams;
          for (Nanos left = between_datagrams; left > Nanos{0}; left = next - std::chrono::steady_clock::now()) {
            if (receive(in_, left)) ++passed_;
          }
        }
      }) {}

ForbiddenFlow::~ForbiddenFlow() = default;

std::optional<std::string> ask_udp(const NetworkNamespace& network, const std::string& address, std::uint16_t port,
                                   const std::string& question, Nanos in_time) {
  return ask(udp_socket(network), socket_name(address, port), question, in_time);
}

// Source: RFC 1035, 4.1. One question for one address.
std::optional<std::string> ask_dns(const NetworkNamespace& network, const std::string& server, const std::string& name,
                                   Nanos in_time) {
  std::string question("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find('.', at), name.size());
    question += static_cast<char>(end - at);
    question += name.substr(at, end - at);
    at = end + 1;
  }
  question += std::string("\x00\x00\x01\x00\x01", 5);
  const auto answer = ask_udp(network, server, dns_port, question, in_time);
  constexpr std::size_t count_of_answers = 7;
  if (!answer || answer->size() < question.size() + 4 || (*answer)[count_of_answers] == 0) return std::nullopt;
  return address_text(answer->data() + answer->size() - 4);
}

// Source: RFC 2131, 2 and 4.1. A discover, and what the offer calls "your address".
std::optional<std::string> ask_dhcp(const NetworkNamespace& network, const std::string& interface, Nanos in_time) {
  constexpr std::size_t before_hardware_address = 28;
  constexpr std::size_t before_options = 236;
  constexpr std::size_t your_address = 16;
  std::string discover(
      "\x01\x01\x06\x00"
      "cold"
      "\x00\x00\x80\x00",
      12);
  discover.resize(before_hardware_address);
  discover += std::string("\x02\x00\x00\x00\x00\x77", 6);
  discover.resize(before_options);
  discover += "\x63\x82\x53\x63\x35\x01\x01\xff";
  const Descriptor socket = udp_socket(network, dhcp_client_port);
  const int yes = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(), static_cast<socklen_t>(interface.size()));
  const auto offer = ask(socket, socket_name("255.255.255.255", dhcp_server_port), discover, in_time);
  if (!offer || offer->size() < before_options || offer->substr(4, 4) != "cold") return std::nullopt;
  return address_text(offer->data() + your_address);
}

}  // namespace coldboot
