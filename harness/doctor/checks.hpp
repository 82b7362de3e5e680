#pragma once

#include <array>
#include <string_view>

#include "harness/doctor/examination.hpp"

namespace coldboot {

// The checks, each a look at one thing that says what it found. Those of devices use what check_devices() opened; where
// something could not be opened, that has been said, and they pass over it.

void check_clock(Examination& exam);    ///< time of this machine: fine enough, and UTC that labels runs
void check_disk(Examination& exam);     ///< room where runs go
void check_secrets(Examination& exam);  ///< what the bench file refers to can be read, and by nobody else
void check_lock(Examination& exam);     ///< whether the bench is free; takes it
void check_sharing(Examination& exam);  ///< devices that other hosts reach while this one has the bench
void mend_devices(Examination& exam);   ///< what drivers can put right, where that is asked for
void check_devices(Examination& exam);  ///< opens each, so that presence, identity, rights and locks are known
void check_relays(Examination& exam);   ///< what the relays say of themselves
void check_latency(Examination& exam);  ///< how late bytes of consoles are
void check_losses(Examination& exam);   ///< bytes that the ports of consoles have lost
void check_power(Examination& exam);    ///< a power cycle with proof, where that is asked for

struct Check {
  const char* name;
  void (*look)(Examination& exam);
};

/// In the order they are made.
inline constexpr std::array checks = {
    Check{"clock", &check_clock},     Check{"disk", &check_disk},       Check{"secrets", &check_secrets},
    Check{"lock", &check_lock},       Check{"sharing", &check_sharing}, Check{"mending", &mend_devices},
    Check{"devices", &check_devices}, Check{"relays", &check_relays},   Check{"latency", &check_latency},
    Check{"losses", &check_losses},   Check{"power", &check_power},
};

}  // namespace coldboot
