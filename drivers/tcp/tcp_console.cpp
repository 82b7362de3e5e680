#include "drivers/tcp/tcp_console.hpp"

#include <algorithm>
#include <array>
#include <sys/socket.h>
#include <utility>

#include <fmt/format.h>

namespace coldboot {
namespace {

using namespace std::chrono_literals;

// A server that has no room for us says so, and hangs up, at once; one that is silent for so long has room.
constexpr Nanos hang_up_within = 200ms;

Fault taken(const TcpAddress& address, const std::string& where) {
  return Fault(Cause::busy, where, fmt::format("{} hung up on us: somebody else has the port", address.text()),
               "end the other connection; with ser2net, see max-connections");
}

Result<Descriptor> connect_to_console(const TcpAddress& address, const std::string& where, const Until& until) {
  auto line = connect_tcp(address, where, until);
  if (!line) return line;
  const Instant settled = std::min(until.deadline, std::chrono::steady_clock::now() + hang_up_within);
  if (!wait_until_readable(line->get(), where, Until(settled, until.stop))) return line;
  std::array<char, greeting_length> first{};
  const ssize_t count = ::recv(line->get(), first.data(), first.size(), MSG_PEEK | MSG_DONTWAIT);
  if (count == 0) return taken(address, where);
  const std::string_view bytes(first.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  if (greeting_in(bytes) == Greeting::taken) return taken(address, where);
  return line;
}

}  // namespace

TcpConsole::TcpConsole(TcpAddress address, std::string where, Tell tell, Descriptor line)
    : address_(std::move(address)), where_(std::move(where)), tell_(std::move(tell)), line_(where_, std::move(line)) {}

Result<std::unique_ptr<ByteStream>> TcpConsole::open(TcpAddress address, std::string where, Tell tell,
                                                     const Until& until) {
  auto line = connect_to_console(address, where, until);
  if (!line) return line.error();
  return std::unique_ptr<ByteStream>(
      new TcpConsole(std::move(address), std::move(where), std::move(tell), std::move(*line)));
}

std::size_t TcpConsole::decode(std::span<char> bytes) {
  if (greeting_ == Greeting::undecided) {
    first_.append(bytes.data(), std::min(bytes.size(), greeting_length - first_.size()));
    greeting_ = greeting_in(first_);
    if (greeting_ == Greeting::telnet) {
      tell_(FaultSeen{Fault(
          Cause::mistake, where_,
          fmt::format("{} speaks telnet: its commands are in the record as if the DUT had said them", address_.text()),
          "use `driver: telnet`, or make the server's port a raw one")});
    }
    if (greeting_ == Greeting::taken) tell_(Note{fmt::format("{}: somebody else has {}", where_, address_.text())});
  }
  return bytes.size();
}

Result<void> TcpConsole::reopen(const Until& until) {
  line_.replace(Descriptor());  // a server with room for one must see the end of the connection before
  auto line = connect_to_console(address_, where_, until);
  if (!line) return line.error();
  line_.replace(std::move(*line));
  first_.clear();
  greeting_ = Greeting::undecided;
  return {};
}

std::string TcpConsole::description() const {
  return fmt::format("TCP {}", address_.text());
}

std::string TcpConsole::latency_advice() const {
  return "a server such as ser2net holds bytes for about 3 ms, unless its connection has `chardelay: false`";
}

}  // namespace coldboot
