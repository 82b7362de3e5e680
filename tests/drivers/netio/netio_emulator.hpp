#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "tests/web/logins.hpp"
#include "tests/web/outlet_server.hpp"

namespace coldboot {

/// /netio.json of a power socket; the answer to a change is the state of all outputs.
inline OutletServer::Dialect netio_dialect(const std::string& password = {}) {
  return [password](const ServedRequest& request, Contacts& contacts) -> ServedAnswer {
    if (!password.empty() && !shows_basic_login(request, "admin", password))
      return {.status = 401, .body = "", .headers = {"WWW-Authenticate: Basic realm=\"NETIO\""}};
    if (request.path != "/netio.json") return {.status = 404};
    if (request.method == "POST") {
      const auto change = nlohmann::json::parse(request.body, nullptr, false);
      if (!change.is_object()) return {.status = 400, .body = R"({"result":{"error":{"code":400}}})"};
      for (const auto& output : change["Outputs"]) {
        const int action = output.at("Action").get<int>();
        if (action == 0 || action == 1) contacts.put(output.at("ID").get<int>(), action == 1);
      }
    }
    nlohmann::json answer = {{"Agent", {{"Model", "4All"}}}, {"Outputs", nlohmann::json::array()}};
    for (int channel = 1; channel <= contacts.count; ++channel) {
      answer["Outputs"].push_back(
          {{"ID", channel}, {"Name", "output"}, {"State", contacts.is_closed(channel) ? 1 : 0}, {"Action", 6}});
    }
    return {.body = answer.dump()};
  };
}

}  // namespace coldboot
