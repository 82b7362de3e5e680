#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "drivers/web/web_outlet.hpp"

namespace coldboot {

// Tasmota's commands over HTTP. Source: README.md.

/// "/cm?cmnd=Power1%20On"; without a wanted state the question. The login goes into the query, as Tasmota wants it.
std::string tasmota_path(int channel, std::optional<Contact> wanted, const std::string& user,
                         const std::string& password);

/// Reads {"POWER1":"ON"}; the only relay of a device calls itself POWER. Faults: `refused` (a login is needed, or there
/// is no such relay), `protocol`.
Result<Contact> read_tasmota(std::string_view answer, int channel);

OutletLanguage tasmota_language();

}  // namespace coldboot
