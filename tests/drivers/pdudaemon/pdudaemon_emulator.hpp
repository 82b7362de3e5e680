#pragma once

#include <string>

#include "tests/web/outlet_server.hpp"

namespace coldboot {

/// The listener of a pdudaemon that has one PDU, and does at once what it says it has queued.
inline OutletServer::Dialect pdudaemon_dialect(const std::string& pdu) {
  return [pdu](const ServedRequest& request, Contacts& contacts) -> ServedAnswer {
    const std::string start = "/power/control/";
    if (!request.path.starts_with(start)) return {.status = 404, .body = "Invalid path"};
    const std::string command = request.path.substr(start.size());
    const std::string port = request.field("port");
    if (request.field("hostname") != pdu || port.empty() || (command != "on" && command != "off"))
      return {.status = 500, .body = "Invalid request\n"};
    contacts.put(std::stoi(port), command == "on");
    return {.body = "OK - accepted request\n"};
  };
}

}  // namespace coldboot
