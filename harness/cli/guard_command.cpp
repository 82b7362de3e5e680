#include "drivers/catalog.hpp"
#include "harness/bench/guard.hpp"
#include "harness/cli/commands.hpp"

namespace coldboot {

int guard_command() {
  return keep_guard(driver_catalog());
}

}  // namespace coldboot
