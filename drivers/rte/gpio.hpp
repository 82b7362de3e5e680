#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/core/result.hpp"

namespace coldboot {

// One pin of an RTE, as RteCtrl's REST interface has it. Source: README.md.

/// What RteCtrl says of a pin.
struct RteGpio {
  int id = 0;
  int state = 0;            ///< 1: the relay is on, the open collector pulls its line low
  std::string description;  ///< as its configuration calls it: "apu_rst"
  bool is_output = false;
  bool operator==(const RteGpio&) const = default;
};

/// A change to ask for. The state is always sent: where it is missing RteCtrl takes 0.
struct RteChange {
  int state = 0;
  std::optional<int> seconds{};  ///< after which RteCtrl itself writes the other state
  bool as_output = false;        ///< sets the direction too, which drives the pin to 0 first
};

/// "/api/v1/gpio/9"
std::string rte_path(int id);

/// {"state":1,"time":6}
std::string rte_body(const RteChange& change);

/// Reads the answer to a GET or PATCH of pin `id`. RteCtrl reports errors as {"error": "..."}, some of them with status
/// 200. Faults, with no place: `refused` (an error, with its text), `protocol` (anything else, or another pin).
Result<RteGpio> read_rte_gpio(std::string_view body, int id);

}  // namespace coldboot
