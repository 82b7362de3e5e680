#pragma once

#include <cctype>
#include <string>

#include <fmt/format.h>

#include "tests/web/outlet_server.hpp"

namespace coldboot {

struct TasmotaEmulation {
  std::string password;                ///< empty: none is wanted
  bool warns_with_200 = false;         ///< as firmware before 8.2.3
  bool counts_its_only_relay = false;  ///< SetOption26
};

/// Firmware as it answers /cm.
inline OutletServer::Dialect tasmota_dialect(const TasmotaEmulation& firmware = {}) {
  return [firmware](const ServedRequest& request, Contacts& contacts) -> ServedAnswer {
    if (request.path != "/cm") return {.status = 404, .body = "File Not Found"};
    if (!firmware.password.empty() &&
        (request.field("user") != "admin" || request.field("password") != firmware.password)) {
      return {.status = firmware.warns_with_200 ? 200 : 401,
              .body = R"({"WARNING":"Need user=<username>&password=<password>"})"};
    }
    const std::string command = request.field("cmnd");
    const std::string word = command.substr(0, command.find(' '));
    const std::string payload = word.size() < command.size() ? command.substr(word.size() + 1) : "";
    if (!word.starts_with("Power")) return {.body = R"({"Command":"Unknown"})"};
    const int channel =
        word.size() > 5 && std::isdigit(static_cast<unsigned char>(word[5])) != 0 ? std::stoi(word.substr(5)) : 1;
    if (!contacts.has(channel)) return {.body = R"({"Command":"Error"})"};
    if (payload == "On" || payload == "Off") contacts.put(channel, payload == "On");
    const bool counted = contacts.count > 1 || firmware.counts_its_only_relay;
    return {.body = fmt::format(R"({{"POWER{}":"{}"}})", counted ? std::to_string(channel) : "",
                                contacts.is_closed(channel) ? "ON" : "OFF")};
  };
}

}  // namespace coldboot
