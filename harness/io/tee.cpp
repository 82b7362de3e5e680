#include "harness/io/tee.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/io/user.hpp"

namespace coldboot {
namespace {

constexpr int most_readers = 16;
constexpr mode_t open_to_all = 0666;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

/// A number, for a name may take long to look up.
Addresses addresses_of(const TcpAddress& address) {
  const std::string host = address.host == "localhost" ? "127.0.0.1" : address.host;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* list = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(address.port).c_str(), &hints, &list) != 0) return nullptr;
  return Addresses(list);
}

Fault listen_fault(int error, const TcpAddress& address, const std::string& where) {
  const std::string what = fmt::format("cannot listen at {}: {}", address.text(), errno_text(error));
  if (error == EADDRINUSE) return Fault(Cause::busy, where, what, "another program has the port; choose another one");
  if (error == EADDRNOTAVAIL) return Fault(Cause::mistake, where, what, "this host has no such address");
  return Fault(error == EACCES ? Cause::refused : Cause::io, where, what);
}

int port_of(const Descriptor& socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length);
  // The port stands at the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

/// The user at the other end of a Unix socket, if that is our own or root; empty: may not type.
std::string who_may_type(const Descriptor& line) {
  ucred user{};
  socklen_t length = sizeof user;
  if (::getsockopt(line.get(), SOL_SOCKET, SO_PEERCRED, &user, &length) != 0) return "";
  return user.uid == ::geteuid() || user.uid == 0 ? user_name(user.uid) : "";
}

}  // namespace

Result<std::unique_ptr<Tee>> Tee::open(const TcpAddress& address, const std::string& where) {
  const Addresses addresses = addresses_of(address);
  if (!addresses) {
    return Fault(Cause::mistake, where,
                 fmt::format("found the host \"{}\", expected a number such as 127.0.0.1", address.host));
  }
  Descriptor listening(::socket(addresses->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listening.is_open()) return listen_fault(errno, address, where);
  const int yes = 1;
  (void)::setsockopt(listening.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(listening.get(), addresses->ai_addr, addresses->ai_addrlen) != 0 ||
      ::listen(listening.get(), most_readers) != 0) {
    return listen_fault(errno, address, where);
  }
  auto wake = Wake::make();
  if (!wake) return wake.error();
  const int port = port_of(listening);
  return std::unique_ptr<Tee>(new Tee(std::move(listening), port, std::move(*wake), {}, {}));
}

Result<std::unique_ptr<Tee>> Tee::open(const std::filesystem::path& socket, const std::string& where,
                                       OnTyped on_typed) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.native().size() >= sizeof address.sun_path)
    return Fault(Cause::mistake, where, fmt::format("{} is too long for a socket", socket.string()));
  socket.native().copy(address.sun_path, sizeof address.sun_path - 1);
  Descriptor listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  std::error_code none;
  std::filesystem::remove(socket, none);  // of a run that was killed; whoever has the bench has its sockets
  if (!listening.is_open() ||
      ::bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(socket.c_str(), open_to_all) != 0 || ::listen(listening.get(), most_readers) != 0) {
    const int error = errno;
    return Fault(error == EACCES || error == EPERM ? Cause::refused : Cause::io, where,
                 fmt::format("cannot listen at {}: {}", socket.string(), errno_text(error)));
  }
  auto wake = Wake::make();
  if (!wake) return wake.error();
  return std::unique_ptr<Tee>(new Tee(std::move(listening), 0, std::move(*wake), socket, std::move(on_typed)));
}

Tee::Tee(Descriptor listening, int port, Wake wake, std::filesystem::path socket, OnTyped on_typed)
    : listening_(std::move(listening)),
      port_(port),
      wake_(std::move(wake)),
      socket_(std::move(socket)),
      on_typed_(std::move(on_typed)),
      thread_([this](const std::stop_token& stop) { serve(stop); }) {}

Tee::~Tee() {
  thread_.request_stop();
  wake_.ring();
  thread_.join();
  std::error_code none;
  if (!socket_.empty()) std::filesystem::remove(socket_, none);
}

void Tee::add(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (on_typed_) {
    past_ += bytes;
    if (past_.size() > 2 * past) past_.erase(0, past_.size() - past);
  }
  if (readers_.empty()) return;
  for (Reader& reader : readers_) {
    if (reader.missed > 0 || reader.waiting.size() + bytes.size() > most_waiting) {
      reader.missed += bytes.size();
    } else {
      reader.waiting += bytes;
    }
  }
  wake_.ring();
}

void Tee::serve(const std::stop_token& stop) {
  std::vector<pollfd> waiting;
  std::vector<TypedText> typed;
  while (!stop.stop_requested()) {
    waiting.assign({{listening_.get(), POLLIN, 0}, {wake_.descriptor(), POLLIN, 0}});
    {
      const std::lock_guard lock(mutex_);
      for (const Reader& reader : readers_) {
        const bool more = !reader.waiting.empty();
        waiting.push_back({reader.line.get(), static_cast<short>(more ? POLLIN | POLLOUT : POLLIN), 0});
      }
    }
    ::poll(waiting.data(), waiting.size(), -1);
    wake_.clear();
    typed.clear();
    {
      const std::lock_guard lock(mutex_);
      std::erase_if(readers_, [&](Reader& reader) { return !is_there(reader, typed) || !send_waiting(reader); });
      welcome();
    }
    for (const TypedText& text : typed) on_typed_(text.bytes, text.who);
  }
}

void Tee::welcome() {
  while (true) {
    Descriptor line(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!line.is_open()) return;
    if (readers_.size() >= most_readers) continue;
    std::string who = on_typed_ ? who_may_type(line) : "";
    readers_.push_back({std::move(line), past_.substr(past_.size() - std::min(past_.size(), past)), 0, std::move(who)});
  }
}

/// False when the reader is gone.
bool Tee::send_waiting(Reader& reader) {
  while (!reader.waiting.empty()) {
    const ssize_t sent =
        ::send(reader.line.get(), reader.waiting.data(), reader.waiting.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN;
    reader.waiting.erase(0, static_cast<std::size_t>(sent));
    if (reader.waiting.empty() && reader.missed > 0) {
      reader.waiting = fmt::format("\r\n[{} bytes left out: read too slowly]\r\n", std::exchange(reader.missed, 0));
    }
  }
  return true;
}

/// Takes what the reader typed, which goes nowhere unless it may type; false when it has hung up.
bool Tee::is_there(const Reader& reader, std::vector<TypedText>& typed) {
  std::array<char, 1024> bytes{};
  const ssize_t count = ::recv(reader.line.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (count > 0 && !reader.who.empty())
    typed.push_back({std::string(bytes.data(), static_cast<std::size_t>(count)), reader.who});
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

bool is_loopback(const TcpAddress& address) {
  const Addresses addresses = addresses_of(address);
  if (!addresses) return false;
  if (addresses->ai_family == AF_INET6) {
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(addresses->ai_addr)->sin6_addr);
  }
  constexpr std::uint32_t loopback_net = 127;
  const auto host = ntohl(reinterpret_cast<const sockaddr_in*>(addresses->ai_addr)->sin_addr.s_addr);
  return host >> 24U == loopback_net;
}

}  // namespace coldboot
