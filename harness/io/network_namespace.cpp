#include "harness/io/network_namespace.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/io/child_process.hpp"

namespace coldboot {

/// What the process in there is asked to open.
struct NetworkNamespace::Wanted {
  bool tun = false;  ///< /dev/net/tun, whose devices come to be where it was opened; else a socket
  int domain = 0;
  int type = 0;
  int protocol = 0;
};

namespace {

constexpr const char* tun_device = "/dev/net/tun";

/// An errno, 0 for success, with room for one descriptor beside it.
class Answer {
 public:
  Answer() {
    header_.msg_iov = &part_;
    header_.msg_iovlen = 1;
  }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  void send(int control, int error, int descriptor = -1) {
    error_ = error;
    if (descriptor >= 0) {
      make_room();
      cmsghdr* cargo = CMSG_FIRSTHDR(&header_);
      cargo->cmsg_level = SOL_SOCKET;
      cargo->cmsg_type = SCM_RIGHTS;
      cargo->cmsg_len = CMSG_LEN(sizeof descriptor);
      std::memcpy(CMSG_DATA(cargo), &descriptor, sizeof descriptor);
    }
    ::sendmsg(control, &header_, MSG_NOSIGNAL);
  }

  /// False when nobody is there to answer.
  bool receive(int control) {
    make_room();
    ssize_t count = -1;
    do count = ::recvmsg(control, &header_, MSG_CMSG_CLOEXEC);
    while (count < 0 && errno == EINTR);
    return count == sizeof error_;
  }

  [[nodiscard]] int error() const { return error_; }
  [[nodiscard]] Descriptor descriptor() const {
    const cmsghdr* cargo = CMSG_FIRSTHDR(&header_);
    if (cargo == nullptr) return Descriptor();
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(cargo), sizeof descriptor);
    return Descriptor(descriptor);
  }

 private:
  void make_room() {
    header_.msg_control = room_.data();
    header_.msg_controllen = room_.size();
  }

  int error_ = 0;
  iovec part_{&error_, sizeof error_};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room_{};
  msghdr header_{};
};

bool write_once(const char* file, std::string_view text) {
  const int fd = ::open(file, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return written;
}

}  // namespace

/// The life of the process in there. It was forked from one with threads, so nothing here takes a lock or memory.
void NetworkNamespace::live_inside(int control, bool with_users, const std::string& user, const std::string& group) {
  ::setsid();  // a Ctrl-C is for whoever made us
  ::prctl(PR_SET_NAME, "coldboot-net");
  const int only = ::dup2(control, 0);
  ::close_range(static_cast<unsigned>(only) + 1, ~0U, 0);  // their locks and pipes are not ours to hold
  bool apart = ::unshare(with_users ? CLONE_NEWUSER | CLONE_NEWNET : CLONE_NEWNET) == 0;
  if (apart && with_users) {
    apart = write_once("/proc/self/setgroups", "deny") && write_once("/proc/self/uid_map", user) &&
            write_once("/proc/self/gid_map", group);
  }
  Answer().send(only, apart ? 0 : errno);
  Wanted wanted{};
  while (apart && ::recv(only, &wanted, sizeof wanted, 0) == sizeof wanted) {
    const int opened = wanted.tun ? ::open(tun_device, O_RDWR | O_CLOEXEC)
                                  : ::socket(wanted.domain, wanted.type | SOCK_CLOEXEC, wanted.protocol);
    Answer().send(only, opened < 0 ? errno : 0, opened);
    if (opened >= 0) ::close(opened);
  }
  ::_exit(0);
}

Result<std::unique_ptr<NetworkNamespace>> NetworkNamespace::create(std::string where) {
  int error = 0;
  // Root of the host first: what it makes can take in a network card of the host's.
  for (const bool with_users : {false, true}) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
      return Fault(Cause::io, where, fmt::format("socketpair: {}", errno_text(errno)));
    Descriptor ours(ends[0]);
    Descriptor theirs(ends[1]);
    const std::string user = fmt::format("0 {} 1", ::geteuid());
    const std::string group = fmt::format("0 {} 1", ::getegid());
    const pid_t process = ::fork();
    if (process < 0) return Fault(Cause::io, where, fmt::format("fork: {}", errno_text(errno)));
    if (process == 0) live_inside(theirs.get(), with_users, user, group);
    theirs.close();
    Answer begun;
    const bool answered = begun.receive(ours.get());
    std::unique_ptr<NetworkNamespace> network(new NetworkNamespace(where, process, with_users, std::move(ours)));
    if (answered && begun.error() == 0) return network;
    error = answered ? begun.error() : EPIPE;
  }
  return Fault(Cause::refused, where, fmt::format("a network of our own cannot be made: {}", errno_text(error)),
               "run as root, or let users make namespaces (sysctl kernel.unprivileged_userns_clone, "
               "user.max_user_namespaces), or leave `ports` out of the bench file");
}

NetworkNamespace::NetworkNamespace(std::string where, pid_t process, bool has_users, Descriptor control)
    : where_(std::move(where)), process_(process), has_users_(has_users), control_(std::move(control)) {}

NetworkNamespace::~NetworkNamespace() {
  control_.close();
  ::waitpid(process_, nullptr, 0);
}

Result<Descriptor> NetworkNamespace::open_inside(const Wanted& wanted) const {
  const std::lock_guard lock(asking_);
  Answer answer;
  if (::send(control_.get(), &wanted, sizeof wanted, MSG_NOSIGNAL) != sizeof wanted || !answer.receive(control_.get()))
    return Fault(Cause::lost, where_, "the process that held the network is gone", "look for what killed it");
  if (answer.error() == 0) return answer.descriptor();
  if (!wanted.tun) return Fault(Cause::io, where_, fmt::format("socket: {}", errno_text(answer.error())));
  return Fault(answer.error() == EACCES || answer.error() == EPERM ? Cause::refused : Cause::missing, where_,
               fmt::format("{}: {}", tun_device, errno_text(answer.error())),
               "load the kernel's module tun; its device must be open to you (Debian: mode 0666)");
}

Result<Descriptor> NetworkNamespace::socket(int domain, int type, int protocol) const {
  return open_inside({.domain = domain, .type = type, .protocol = protocol});
}

Result<Descriptor> NetworkNamespace::tap(const std::string& name) const {
  auto opened = open_inside({.tun = true});
  if (!opened) return opened;
  ifreq request{};
  name.copy(&request.ifr_name[0], IFNAMSIZ - 1);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (::ioctl(opened->get(), TUNSETIFF, &request) != 0 || ::ioctl(opened->get(), TUNSETPERSIST, 1) != 0)
    return Fault(Cause::io, where_, fmt::format("tap {}: {}", name, errno_text(errno)));
  return opened;
}

Result<void> NetworkNamespace::ip(const std::string& commands, const Until& until) const {
  std::vector<std::string> argv = enter();
  argv.insert(argv.end(), {"ip", "-batch", "-"});
  const auto ended = run_child(argv, until, {.directory = {}, .input = commands});
  if (!ended) return ended.error().within(where_);
  if (ended->exit_status == 0) return {};
  return Fault(ended->exit_status == 127 ? Cause::missing : Cause::io, where_,
               fmt::format("ip ended with {}: {}", ended->exit_status, printable_line(ended->output)),
               ended->exit_status == 127 ? "install iproute2" : "");
}

std::vector<std::string> NetworkNamespace::enter() const {
  std::vector<std::string> argv = {"nsenter", "--target", fmt::format("{}", process_), "--net"};
  if (has_users_) argv.insert(argv.end(), {"--user", "--preserve-credentials"});
  argv.emplace_back("--");
  return argv;
}

}  // namespace coldboot
