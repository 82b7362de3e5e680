#pragma once

#include <string>

#include "tests/web/logins.hpp"
#include "tests/web/outlet_server.hpp"

namespace coldboot {

/// /restapi of a power switch: outlets from 0, digest logins of MD5, a header against forged requests.
inline OutletServer::Dialect dli_dialect(const std::string& password = {}) {
  return [password](const ServedRequest& request, Contacts& contacts) -> ServedAnswer {
    const DigestDoor door{.realm = "Web Power Switch", .user = "admin", .password = password};
    if (!password.empty() && !door.opens_to(request)) return door.challenge();
    const std::string start = "/restapi/relay/outlets/";
    if (!request.path.starts_with(start) || !request.path.ends_with("/state/")) return {.status = 404};
    const int channel = std::stoi(request.path.substr(start.size())) + 1;
    if (!contacts.has(channel)) return {.status = 404, .body = "\"index out of range\""};
    if (request.method == "GET") {
      if (request.header("accept") != "application/json") return {.body = "<html>state</html>"};
      return {.body = contacts.is_closed(channel) ? "true" : "false"};
    }
    if (request.method != "PUT") return {.status = 405};
    if (request.header("x-csrf").empty()) return {.status = 403, .body = "\"CSRF check failed\""};
    contacts.put(channel, request.field("value") == "true");
    return {.status = 204};
  };
}

}  // namespace coldboot
