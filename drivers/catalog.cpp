#include "drivers/catalog.hpp"

#include "drivers/replay/replay_driver.hpp"

namespace coldboot {

Catalog driver_catalog() {
  return {
      .power = {{"replay", replay_power_keys(), &open_replay_power, true}},
      .consoles = {{"replay", replay_console_keys(), &open_replay_console, true}},
      .media = {{"replay", replay_medium_keys(), &open_replay_medium, true, &check_replay_image}},
  };
}

}  // namespace coldboot
