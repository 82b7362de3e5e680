#include "drivers/catalog.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/telling.hpp"
#include "harness/doctor/attached.hpp"
#include "harness/measure/verdict.hpp"

namespace coldboot {

int devices_command(bool json) {
  const Attached attached = attached_devices(driver_catalog());
  tell_all({}, attached.faults);
  return print(json ? attached_json(attached) : attached_text(attached)) ? exit_code::pass : exit_code::error;
}

}  // namespace coldboot
