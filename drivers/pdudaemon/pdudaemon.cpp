#include "drivers/pdudaemon/pdudaemon.hpp"

#include <fmt/format.h>

namespace coldboot {

std::string pdudaemon_path(const std::string& pdu, int channel, Contact wanted) {
  return fmt::format("/power/control/{}?hostname={}&port={}", wanted == Contact::closed ? "on" : "off",
                     url_escaped(pdu), channel);
}

OutletLanguage pdudaemon_language(const std::string& pdu) {
  return {.family = fmt::format("PDU {} behind pdudaemon", pdu),
          .change = [pdu](const WebDevice& device, int channel,
                          Contact wanted) { return device.request("GET", pdudaemon_path(pdu, channel, wanted)); },
          .taken = [](std::string_view, int, Contact) -> Result<void> { return {}; }};  // status 200: it is queued
}

}  // namespace coldboot
