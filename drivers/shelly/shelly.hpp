#pragma once

#include <string>
#include <string_view>

#include "drivers/web/web_outlet.hpp"

namespace coldboot {

// Both languages of Shelly devices, which count their relays from 0. Source: README.md.

/// What a device says of itself under /shelly, without a login.
struct ShellyDevice {
  int generation = 1;
  std::string mac;  ///< "A4CF12F45B6D"
};

/// Faults: `protocol`.
Result<ShellyDevice> read_shelly(std::string_view answer);

/// "A4CF12F45B6D" of "a4:cf:12:f4:5b:6d"; nothing when it is no MAC.
std::optional<std::string> plain_mac(std::string_view text);

/// Generation 1: {"ison":true,...}. Faults: `protocol`.
Result<Contact> read_shelly_relay(std::string_view answer, int channel);

/// Generation 2 and later: the JSON-RPC request for a method, and its result. Faults: `refused` (an error, with its
/// text), `protocol`.
std::string shelly_change(int channel, Contact wanted);
std::string shelly_question(int channel);
Result<void> read_shelly_change(std::string_view answer);
Result<Contact> read_shelly_status(std::string_view answer, int channel);

OutletLanguage shelly_language(int generation);

}  // namespace coldboot
