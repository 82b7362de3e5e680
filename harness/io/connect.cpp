#include "harness/io/connect.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <stop_token>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/io/wake.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr int most_port = 65535;
constexpr auto looks_again_after = 50ms;  // at a stop request and the deadline

struct SocketAddress {
  sockaddr_storage bytes{};
  socklen_t length = 0;
};

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

/// What the resolver says, and when it has. Shared with the thread that asks it.
struct NameAnswer {
  std::mutex mutex;
  std::condition_variable came;
  std::optional<int> state;  // as getaddrinfo() returned it
  std::unique_ptr<addrinfo, FreeAddresses> addresses;
};

/// Asks the resolver on a thread of its own: getaddrinfo() itself has no deadline, and goes on when nobody waits any
/// more.
std::shared_ptr<NameAnswer> ask_for(const std::string& host) {
  auto answer = std::make_shared<NameAnswer>();
  std::thread([answer, host] {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* list = nullptr;
    const int state = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    const std::lock_guard lock(answer->mutex);
    answer->addresses.reset(state == 0 ? list : nullptr);
    answer->state = state;
    answer->came.notify_all();
  }).detach();
  return answer;
}

std::vector<SocketAddress> addresses_in(const addrinfo* list, int port) {
  std::vector<SocketAddress> addresses;
  for (; list != nullptr; list = list->ai_next) {
    SocketAddress address;
    std::memcpy(&address.bytes, list->ai_addr, list->ai_addrlen);
    address.length = list->ai_addrlen;
    const auto network_order = htons(static_cast<std::uint16_t>(port));
    if (list->ai_family == AF_INET) reinterpret_cast<sockaddr_in&>(address.bytes).sin_port = network_order;
    if (list->ai_family == AF_INET6) reinterpret_cast<sockaddr_in6&>(address.bytes).sin6_port = network_order;
    addresses.push_back(address);
  }
  return addresses;
}

/// A host written as a number, which needs no resolver.
std::optional<std::vector<SocketAddress>> numeric_addresses(const TcpAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* list = nullptr;
  if (::getaddrinfo(address.host.c_str(), nullptr, &hints, &list) != 0) return std::nullopt;
  auto addresses = addresses_in(list, address.port);
  ::freeaddrinfo(list);
  return addresses;
}

Result<std::vector<SocketAddress>> addresses_of(const TcpAddress& address, const std::string& where,
                                                const Until& until) {
  if (auto numeric = numeric_addresses(address)) return std::move(*numeric);
  const auto answer = ask_for(address.host);
  std::unique_lock lock(answer->mutex);
  while (!answer->came.wait_for(lock, looks_again_after, [&] { return answer->state.has_value(); })) {
    if (until.stop.stop_requested()) return Fault(Cause::stopped, where, "asked to stop while looking up the host");
    if (std::chrono::steady_clock::now() < until.deadline) continue;
    return Fault(Cause::timeout, where, fmt::format("nobody says in time who the host \"{}\" is", address.host),
                 "check the name service of this machine, or write the number");
  }
  const int state = *answer->state;
  if (state != 0) {
    const bool temporary = state == EAI_AGAIN || state == EAI_MEMORY || state == EAI_SYSTEM;
    return Fault(temporary ? Cause::io : Cause::missing, where,
                 fmt::format("no host \"{}\": {}", address.host, ::gai_strerror(state)), "check the name");
  }
  return addresses_in(answer->addresses.get(), address.port);
}

void set_option(int socket, int level, int option, int value) {
  (void)::setsockopt(socket, level, option, &value, sizeof value);
}

/// The numbers decide how soon a far end that fell silent counts as gone: 10 s, and then three questions 5 s apart.
void set_up(int socket) {
  constexpr int idle_s = 10;
  constexpr int interval_s = 5;
  constexpr int probes = 3;
  constexpr int unanswered_ms = 25'000;
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, idle_s);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, interval_s);
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, probes);
  set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, unanswered_ms);
}

Result<void> wait_for(int descriptor, short events, const std::string& where, const Until& until) {
  const auto stop = Wake::make();
  if (!stop) return stop.error();
  const std::stop_callback on_stop(until.stop, [&stop] { stop->ring(); });
  std::array<pollfd, 2> waiting{pollfd{descriptor, events, 0}, pollfd{stop->descriptor(), POLLIN, 0}};
  while (true) {
    if (until.stop.stop_requested()) return Fault(Cause::stopped, where, "asked to stop");
    const Nanos left = until.deadline - std::chrono::steady_clock::now();
    const auto patience = std::chrono::ceil<std::chrono::milliseconds>(std::clamp<Nanos>(left, 0ns, 1h));
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(patience.count())) > 0 && waiting[0].revents != 0) {
      return {};
    }
    if (left <= 0ns) return Fault(Cause::timeout, where, "no answer in time");
  }
}

Fault connect_fault(int error, const TcpAddress& address, const std::string& where) {
  if (error == ECONNREFUSED) {
    return Fault(Cause::refused, where, fmt::format("nobody listens at {}", address.text()),
                 "is the server there running, and is the port right?");
  }
  return Fault(Cause::io, where, fmt::format("cannot connect to {}: {}", address.text(), errno_text(error)),
               "check the network between here and there");
}

Result<Descriptor> connect_to(const SocketAddress& to, const TcpAddress& address, const std::string& where,
                              const Until& until) {
  Descriptor socket(::socket(to.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return connect_fault(errno, address, where);
  set_up(socket.get());
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to.bytes), to.length) == 0) return socket;
  if (errno != EINPROGRESS) return connect_fault(errno, address, where);
  if (auto ready = wait_for(socket.get(), POLLOUT, where, until); !ready) {
    if (ready.error().cause() != Cause::timeout) return ready.error();
    return Fault(Cause::timeout, where, fmt::format("{} does not answer", address.text()),
                 "is the host switched on, and its network up?");
  }
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return connect_fault(error, address, where);
  return socket;
}

}  // namespace

std::string TcpAddress::text() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

Result<TcpAddress> parse_tcp_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  TcpAddress address{colon == std::string::npos ? "" : text.substr(0, colon), 0};
  const std::string number = colon == std::string::npos ? text : text.substr(colon + 1);
  const char* const end = number.data() + number.size();
  const auto [after, failed] = std::from_chars(number.data(), end, address.port);
  const bool bracketed = address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']';
  if (bracketed) address.host = address.host.substr(1, address.host.size() - 2);
  const bool shaped = bracketed || address.host.find_first_of(":[] ") == std::string::npos;
  if (!shaped || failed != std::errc{} || after != end || address.port < 1 || address.port > most_port) {
    return Fault(Cause::mistake, "",
                 fmt::format("found \"{}\", expected a host and a port such as 127.0.0.1:7107", text));
  }
  if (address.host.empty()) address.host = "127.0.0.1";
  return address;
}

Result<Descriptor> connect_tcp(const TcpAddress& address, const std::string& where, const Until& until) {
  const auto addresses = addresses_of(address, where, until);
  if (!addresses) return addresses.error();
  Fault last(Cause::missing, where, fmt::format("no address for \"{}\"", address.host), "check the name");
  for (std::size_t i = 0; i < addresses->size(); ++i) {
    const Instant now = std::chrono::steady_clock::now();
    const auto still_to_try = static_cast<Nanos::rep>(addresses->size() - i);
    const Instant share =
        until.deadline == Instant::max() ? until.deadline : now + (until.deadline - now) / still_to_try;
    auto socket = connect_to((*addresses)[i], address, where, Until(share, until.stop));
    if (socket || socket.error().cause() == Cause::stopped) return socket;
    last = socket.error();
  }
  return last;
}

Result<Descriptor> connect_unix(const std::filesystem::path& path, const std::string& where) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.size() >= sizeof address.sun_path) {
    return Fault(
        Cause::mistake, where,
        fmt::format("{} is longer than the {} bytes a socket's path may have", name, sizeof address.sun_path - 1));
  }
  std::ranges::copy(name, static_cast<char*>(address.sun_path));
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return Fault(Cause::io, where, fmt::format("socket: {}", errno_text(errno)));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
  const int error = errno;
  std::error_code ignored;
  if (error == ENOENT || error == ENOTDIR) {
    return Fault(Cause::missing, where, fmt::format("there is no {}", name), "is what makes the socket running?");
  }
  if (error == ECONNREFUSED && !std::filesystem::is_socket(path, ignored)) {
    return Fault(Cause::mistake, where, fmt::format("{} is no socket", name));
  }
  if (error == ECONNREFUSED) {
    return Fault(Cause::refused, where, fmt::format("nobody listens at {}", name),
                 "what made the socket has ended; start it again");
  }
  const bool denied = error == EACCES || error == EPERM;
  return Fault(denied ? Cause::refused : Cause::io, where,
               fmt::format("cannot connect to {}: {}", name, errno_text(error)),
               error == EAGAIN ? "its queue is full: does anybody serve it?" : "");
}

Result<void> wait_until_readable(int descriptor, const std::string& where, const Until& until) {
  return wait_for(descriptor, POLLIN, where, until);
}

}  // namespace coldboot
