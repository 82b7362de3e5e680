#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "tests/web/logins.hpp"
#include "tests/web/outlet_server.hpp"

namespace coldboot {

/// /status.json of a power switch; a change has no answer of its own, and a port that is not there is passed over.
inline OutletServer::Dialect gude_dialect(const std::string& password = {}) {
  return [password](const ServedRequest& request, Contacts& contacts) -> ServedAnswer {
    if (!password.empty() && !shows_basic_login(request, "admin", password))
      return {.status = 401, .body = "", .headers = {"WWW-Authenticate: Basic realm=\"EPC\""}};
    if (request.path != "/status.json") return {.status = 404};
    if (request.field("cmd") == "1") contacts.put(std::stoi(request.field("p")), request.field("s") == "1");
    if (request.field("components") != "1") return {.body = "{}"};
    nlohmann::json answer = {{"outputs", nlohmann::json::array()}};
    for (int channel = 1; channel <= contacts.count; ++channel) {
      answer["outputs"].push_back(
          {{"name", "Power Port"}, {"state", contacts.is_closed(channel) ? 1 : 0}, {"type", 1}});
    }
    return {.body = answer.dump()};
  };
}

}  // namespace coldboot
