// umockdev tells each uevent to every monitor whose socket it finds in its folder, and aborts where that one is closed
// between finding and connecting, or between connecting and sending (uevent_sender.c of 0.17). Programs close their
// monitors whenever they like: here both mean what umockdev knows how to take.

#include <cerrno>
#include <dlfcn.h>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>

namespace {

bool is_a_monitor(const void* address) {
  const auto* const named = static_cast<const sockaddr_un*>(address);
  if (named == nullptr || named->sun_family != AF_UNIX) return false;
  const std::string_view path = named->sun_path;
  return path.find("/umockdev.") != std::string_view::npos && path.find("/event") != std::string_view::npos;
}

bool is_connected_to_a_monitor(int socket) {
  sockaddr_un address{};
  socklen_t length = sizeof address;
  return ::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &length) == 0 && is_a_monitor(&address);
}

}  // namespace

extern "C" {

int connect(int socket, const sockaddr* address, socklen_t length) {
  using Connect = decltype(&connect);
  static const auto real = reinterpret_cast<Connect>(::dlsym(RTLD_NEXT, "connect"));
  const int result = real(socket, address, length);
  if (result != 0 && errno == ENOENT && is_a_monitor(address)) errno = ECONNREFUSED;
  return result;
}

ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  using SendMessage = decltype(&sendmsg);
  static const auto real = reinterpret_cast<SendMessage>(::dlsym(RTLD_NEXT, "sendmsg"));
  const ssize_t result = real(socket, message, flags);
  if (result >= 0 || errno != ECONNREFUSED || !(is_connected_to_a_monitor(socket) || is_a_monitor(message->msg_name)))
    return result;
  return 0;
}

}  // extern "C"
