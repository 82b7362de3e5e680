#pragma once

#include <string>

#include "harness/io/child_process.hpp"
#include "harness/io/network_namespace.hpp"
#include "tests/soon.hpp"

namespace coldboot {

/// Whether a link in a network gets the carrier that is wanted, or loses it. The kernel shows that a moment late.
inline bool comes_to_carrier(const NetworkNamespace& network, const std::string& link, bool wanted) {
  auto argv = network.enter();
  argv.insert(argv.end(), {"ip", "link", "show", link});
  for (const Until until = soon(); std::chrono::steady_clock::now() < until.deadline;) {
    const auto shown = run_child(argv, until);
    if (shown && (shown->output.find("NO-CARRIER") == std::string::npos) == wanted) return true;
  }
  return false;
}

}  // namespace coldboot
