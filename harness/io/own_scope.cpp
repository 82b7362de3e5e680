#include "harness/io/own_scope.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/io/child_process.hpp"

namespace coldboot {
namespace {

Result<void> ask(const std::string& manager, const std::string& scope, const Until& until) {
  // A name, what to do where it is taken, the processes and what becomes of it when they end, and no further units.
  const auto answer = run_child({"busctl",
                                 manager,
                                 "--quiet",
                                 "--allow-interactive-authorization=no",
                                 "call",
                                 "org.freedesktop.systemd1",
                                 "/org/freedesktop/systemd1",
                                 "org.freedesktop.systemd1.Manager",
                                 "StartTransientUnit",
                                 "ssa(sv)a(sa(sv))",
                                 scope,
                                 "fail",
                                 "2",
                                 "PIDs",
                                 "au",
                                 "1",
                                 fmt::format("{}", ::getpid()),
                                 "CollectMode",
                                 "s",
                                 "inactive-or-failed",
                                 "0"},
                                until);
  if (!answer) return answer.error();
  if (answer->exit_status == 0) return {};
  return Fault(Cause::refused, scope, printable_line(answer->output));
}

}  // namespace

Result<void> move_to_own_scope(const std::string& name, const Until& until) {
  const std::string scope = name + ".scope";
  auto moved = ask("--system", scope, until);
  if (moved || moved.error().cause() != Cause::refused) return moved;
  return ask("--user", scope, until);
}

}  // namespace coldboot
