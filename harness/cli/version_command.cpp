#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/telling.hpp"
#include "harness/cli/version.hpp"
#include "harness/measure/verdict.hpp"

namespace coldboot {

int version_command(bool json) {
  const bool printed =
      print(json ? fmt::format("{{\"coldboot\": \"{}\", \"compiler\": \"{}\"}}\n", version, __VERSION__)
                 : fmt::format("coldboot {} ({})\n", version, __VERSION__));
  return printed ? exit_code::pass : exit_code::error;
}

}  // namespace coldboot
