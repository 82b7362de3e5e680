#pragma once

#include <string>
#include <string_view>

#include "drivers/web/web_outlet.hpp"

namespace coldboot {

// The REST interface of Digital Loggers' power switches, whose outlets it counts from 0. Source: README.md.

/// "/restapi/relay/outlets/2/state/" of the outlet that is printed 3.
std::string dli_path(int channel);

/// Reads true or false. Faults: `protocol`.
Result<Contact> read_dli(std::string_view answer, int channel);

OutletLanguage dli_language();

}  // namespace coldboot
