#pragma once

#include "tests/measure/boot_builder.hpp"

namespace coldboot {

// The two boots published in 3mdeb's "pfSense boot under Xen" (2019-12-13), by the stamps of their logs: whole seconds,
// the bare-metal one from its first console byte, the virtual one from `xl create`.

inline BootBuilder article_bare_metal() {
  BootBuilder boot("bare", 1);
  boot.record().consoles.front().resolution = std::chrono::seconds(1);
  boot.says(0, "PC Engines apu2")
      .says(6, "Booting from Hard Disk...")
      .says(9, "Loading /boot/defaults/loader.conf", "loader")
      .says(32, "Booting...", "kernel")
      .says(79, "Bootup complete")
      .says(82, "Enter an option:", "menu")
      .span("boot", "first-byte", "menu")
      .span("loader", "loader", "kernel");
  return boot;
}

inline BootBuilder article_virtual_machine() {
  BootBuilder boot("xen", 2);
  boot.record().consoles.front().resolution = std::chrono::seconds(1);
  boot.power_on()
      .says(6, "/boot/config: -S115200 -D")
      .says(10, "Consoles: internal video/keyboard  serial port")
      .says(24, "Loading /boot/defaults/loader.conf", "loader")
      .says(29, "Finish /boot/loader.conf.local")
      .says(163, "/")
      .says(165, "Booting...", "kernel")
      .says(234, "Bootup complete")
      .says(238, "8) Shell", "menu")
      .span("boot", "power-on", "menu")
      .span("loader", "loader", "kernel");
  return boot;
}

}  // namespace coldboot
