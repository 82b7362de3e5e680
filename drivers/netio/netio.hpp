#pragma once

#include <string>
#include <string_view>

#include "drivers/web/web_outlet.hpp"

namespace coldboot {

// NETIO's JSON interface. Source: README.md.

/// {"Outputs":[{"ID":1,"Action":1}]}
std::string netio_body(int channel, Contact wanted);

/// Reads the output of that ID from the list of all of them. Faults: `refused` (there is none), `protocol`.
Result<Contact> read_netio(std::string_view answer, int channel);

OutletLanguage netio_language();

}  // namespace coldboot
