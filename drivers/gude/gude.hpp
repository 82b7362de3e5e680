#pragma once

#include <string>
#include <string_view>

#include "drivers/web/web_outlet.hpp"

namespace coldboot {

// The JSON interface of Gude's power switches. Source: README.md.

/// "/status.json?components=0&cmd=1&p=3&s=1"
std::string gude_path(int channel, Contact wanted);

/// Reads the port from the list of all outputs, in their order. Faults: `refused` (there is none), `protocol`.
Result<Contact> read_gude(std::string_view answer, int channel);

OutletLanguage gude_language();

}  // namespace coldboot
