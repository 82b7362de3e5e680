// Reads any bytes as each of the file kinds. A reader may refuse them; it must not crash, hang or grow without bound.

#include <cstdint>
#include <string_view>

#include "harness/bench/read_bench.hpp"
#include "harness/scenario/read_profile.hpp"
#include "harness/scenario/read_scenario.hpp"

namespace {

struct AnyDriver {
  std::string id;
  int channel = 1;
};

/// One driver for every kind of device, so that its keys are read too.
coldboot::DriverTables drivers() {
  using namespace coldboot;
  const auto any = keys::object<AnyDriver>("any", "A device.")
                       .required("id", &AnyDriver::id, keys::text(), "Which one.")
                       .optional("channel", &AnyDriver::channel, keys::integer(1, 8), "Which channel.");
  const std::map<std::string, keys::Table> tables = {{"any", keys::table(any)}};
  return {.power = tables,
          .consoles = tables,
          .media = tables,
          .ports = tables,
          .relays = {{"relay", keys::table(any)}},
          .flashers = tables};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const coldboot::DriverTables known = drivers();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::filesystem::path nowhere = "/nonexistent/fuzzed.yaml";
  (void)coldboot::read_bench(text, nowhere, known);
  (void)coldboot::read_profile(text, nowhere, {});
  (void)coldboot::read_scenario(text, nowhere, {});
  return 0;
}
