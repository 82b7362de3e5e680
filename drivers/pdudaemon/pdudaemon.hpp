#pragma once

#include <string>

#include "drivers/web/web_outlet.hpp"

namespace coldboot {

/// "/power/control/on?hostname=pdu-3&port=5". Source: README.md.
std::string pdudaemon_path(const std::string& pdu, int channel, Contact wanted);

OutletLanguage pdudaemon_language(const std::string& pdu);

}  // namespace coldboot
