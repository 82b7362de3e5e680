#pragma once

#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/web/logins.hpp"
#include "tests/web/outlet_server.hpp"

namespace coldboot {

struct ShellyEmulation {
  std::string mac = "A4CF12F45B6D";
  std::string password;  ///< empty: none is wanted
};

/// Generation 1: relays below /relay.
inline OutletServer::Dialect shelly1_dialect(const ShellyEmulation& device = {}) {
  return [device](const ServedRequest& request, Contacts& contacts) -> ServedAnswer {
    if (request.path == "/shelly") {
      return {.body = fmt::format(R"({{"type":"SHSW-25","mac":"{}","auth":{},"fw":"20230913-112234/v1.14.0"}})",
                                  device.mac, !device.password.empty())};
    }
    if (!device.password.empty() && !shows_basic_login(request, "admin", device.password))
      return {.status = 401, .body = "401 Unauthorized", .headers = {"WWW-Authenticate: Basic realm=\"shelly\""}};
    const std::string start = "/relay/";
    if (!request.path.starts_with(start) || request.path.size() != start.size() + 1)
      return {.status = 404, .body = "Not Found"};
    const int channel = request.path.back() - '0' + 1;
    if (!contacts.has(channel)) return {.status = 404, .body = "Not Found"};
    const std::string turn = request.field("turn");
    if (turn == "on" || turn == "off") contacts.put(channel, turn == "on");
    return {.body = fmt::format(R"({{"ison":{},"has_timer":false,"timer_started":0,"source":"http"}})",
                                contacts.is_closed(channel))};
  };
}

/// Generation 2 and later: JSON-RPC below /rpc, with digest logins of SHA-256. A change answers with what was before.
inline OutletServer::Dialect shelly2_dialect(const ShellyEmulation& device = {}) {
  return [device](const ServedRequest& request, Contacts& contacts) -> ServedAnswer {
    const std::string name = "shellyplus2pm-" + device.mac;
    if (request.path == "/shelly") {
      return {.body = fmt::format(R"({{"id":"{}","mac":"{}","model":"SNSW-102P16EU","gen":2,"auth_en":{}}})", name,
                                  device.mac, !device.password.empty())};
    }
    const DigestDoor door{.realm = name, .user = "admin", .password = device.password, .sha256 = true};
    if (!device.password.empty() && !door.opens_to(request)) return door.challenge();
    if (request.path != "/rpc") return {.status = 404, .body = "Not Found"};
    const auto call = nlohmann::json::parse(request.body, nullptr, false);
    const auto error = [&](int code, const std::string& message) -> ServedAnswer {
      return {.body = fmt::format(R"({{"id":{},"src":"{}","error":{{"code":{},"message":"{}"}}}})",
                                  call.is_object() ? call.value("id", 0) : 0, name, code, message)};
    };
    if (!call.is_object()) return {.status = 500, .body = "Invalid request"};
    const int channel = call["params"].value("id", 0) + 1;
    if (!contacts.has(channel)) return error(-105, fmt::format("Argument 'id', value {} not found!", channel - 1));
    const auto result = [&](const std::string& text) -> ServedAnswer {
      return {.body = fmt::format(R"({{"id":{},"src":"{}","result":{}}})", call.value("id", 0), name, text)};
    };
    const bool before = contacts.is_closed(channel);
    if (call["method"] == "Switch.GetStatus")
      return result(fmt::format(R"({{"id":{},"source":"HTTP_in","output":{},"apower":0.0}})", channel - 1, before));
    if (call["method"] != "Switch.Set") return error(404, "No handler");
    contacts.put(channel, call["params"].at("on").get<bool>());
    return result(fmt::format(R"({{"was_on":{}}})", before));
  };
}

}  // namespace coldboot
