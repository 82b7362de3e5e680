#pragma once

#include <string>

#include "harness/bench/read_bench.hpp"

namespace coldboot {

/// Keys of a relay that tests describe.
struct TestRelayKeys {
  std::string id;
  int reports = 1;
};

inline keys::Type<TestRelayKeys> test_relay_type() {
  return keys::object<TestRelayKeys>("test-relay", "A relay board of the tests.")
      .required("id", &TestRelayKeys::id, keys::text("BITFT"), "The board's own id.")
      .optional("reports", &TestRelayKeys::reports, keys::integer(1, 8, "1"), "How it reports its state.", "1");
}

/// Drivers that exist only as descriptions.
inline DriverTables test_drivers() {
  const auto by_id = keys::object<TestRelayKeys>("by-id", "A device found by its id.")
                         .required("id", &TestRelayKeys::id, keys::text("A50285BI"), "The device's own id.");
  DriverTables drivers;
  drivers.power = {{"test-outlet", keys::table(by_id)}};
  drivers.relays = {{"test-relay", keys::table(test_relay_type())}};
  drivers.consoles = {{"test-tty", keys::table(by_id)}};
  drivers.media = {{"test-mux", keys::table(by_id)}};
  drivers.ports = {{"test-card", keys::table(by_id)}};
  drivers.flashers = {{"test-flasher", keys::table(by_id)}};
  return drivers;
}

}  // namespace coldboot
