#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <sys/types.h>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"
#include "harness/io/descriptor.hpp"

namespace coldboot {

/// A network of our own, apart from the host's: nothing is in it but what is put there. A small process lives in it and
/// opens sockets in it for us; when we go, however we go, it goes too and the network with it.
///
/// Root is not needed where the system lets users make namespaces: the network then belongs to a user namespace too.
/// Source: network_namespaces(7), user_namespaces(7).
class NetworkNamespace {
 public:
  /// Faults: `refused` when the system does not let us, `io`.
  static Result<std::unique_ptr<NetworkNamespace>> create(std::string where);

  NetworkNamespace(const NetworkNamespace&) = delete;
  NetworkNamespace& operator=(const NetworkNamespace&) = delete;
  ~NetworkNamespace();

  /// socket(2), made in it: what is bound, sent or asked through it happens there, from whichever thread. Faults: `io`,
  /// `lost` when its process was killed.
  [[nodiscard]] Result<Descriptor> socket(int domain, int type, int protocol) const;

  /// The tap device of that name, made if it is not there, as ip(8) would: it stays when the descriptor is closed, and
  /// has a carrier only while one is open. Faults: `refused` where /dev/net/tun may not be opened, `io`, `lost`.
  [[nodiscard]] Result<Descriptor> tap(const std::string& name) const;

  /// Commands of ip(8), one a line, carried out in it. Faults: `missing` without ip or nsenter, `io` with what ip said.
  [[nodiscard]] Result<void> ip(const std::string& commands, const Until& until) const;

  /// What to put before a program's arguments for it to run in there.
  [[nodiscard]] std::vector<std::string> enter() const;

 private:
  struct Wanted;
  NetworkNamespace(std::string where, pid_t process, bool has_users, Descriptor control);
  [[nodiscard]] Result<Descriptor> open_inside(const Wanted& wanted) const;
  [[noreturn]] static void live_inside(int control, bool with_users, const std::string& user, const std::string& group);

  const std::string where_;
  const pid_t process_;
  const bool has_users_;       ///< it has a user namespace of its own
  mutable std::mutex asking_;  // guards control_
  Descriptor control_;
};

}  // namespace coldboot
