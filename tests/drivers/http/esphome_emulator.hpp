#pragma once

#include <string>

#include <fmt/format.h>

#include "tests/web/logins.hpp"
#include "tests/web/outlet_server.hpp"

namespace coldboot {

/// Switches of an ESPHome device, relay_0 and on, as its web server has them.
inline OutletServer::Dialect esphome_dialect(const std::string& password = {}) {
  return [password](const ServedRequest& request, Contacts& contacts) -> ServedAnswer {
    if (!password.empty() && !shows_basic_login(request, "admin", password))
      return {.status = 401, .body = "", .headers = {"WWW-Authenticate: Basic realm=\"Login Required\""}};
    const std::string start = "/switch/relay_";
    if (!request.path.starts_with(start)) return {.status = 404};
    const int channel = std::stoi(request.path.substr(start.size())) + 1;
    if (!contacts.has(channel)) return {.status = 404};
    if (request.method == "POST") {
      if (request.path.ends_with("/turn_on")) contacts.put(channel, true);
      if (request.path.ends_with("/turn_off")) contacts.put(channel, false);
      return {};
    }
    const bool closed = contacts.is_closed(channel);
    return {.body = fmt::format(R"({{"id":"switch-relay_{}","state":"{}","value":{}}})", channel - 1,
                                closed ? "ON" : "OFF", closed)};
  };
}

}  // namespace coldboot
