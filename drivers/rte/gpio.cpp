#include "drivers/rte/gpio.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

using nlohmann::json;

Fault not_a_gpio(std::string_view body) {
  return Fault(Cause::protocol, "",
               fmt::format("it answered \"{}\", expected id, state and direction", printable_line(body)),
               "is it RteCtrl that answers on this port?");
}

bool is_gpio(const json& answer) {
  const auto has = [&answer](const char* key, bool (json::*is)() const noexcept) {
    const auto found = answer.find(key);
    return found != answer.end() && ((*found).*is)();
  };
  return answer.is_object() && has("id", &json::is_number_integer) && has("state", &json::is_number_integer) &&
         has("direction", &json::is_string);
}

}  // namespace

std::string rte_path(int id) {
  return fmt::format("/api/v1/gpio/{}", id);
}

std::string rte_body(const RteChange& change) {
  std::string body = fmt::format(R"({{"state":{})", change.state);
  if (change.as_output) body += R"(,"direction":"out")";
  if (change.seconds) body += fmt::format(R"(,"time":{})", *change.seconds);
  return body + "}";
}

Result<RteGpio> read_rte_gpio(std::string_view body, int id) {
  const json answer = json::parse(body, nullptr, false);
  if (answer.is_object() && answer.contains("error")) {
    const json& error = answer["error"];
    const std::string text =
        error.is_string() ? error.get<std::string>() : error.dump(-1, ' ', true, json::error_handler_t::replace);
    return Fault(Cause::refused, "", fmt::format("RteCtrl says \"{}\" of its pin {}", printable_line(text), id),
                 "is the pin in RteCtrl's configuration?");
  }
  if (!is_gpio(answer)) return not_a_gpio(body);
  const auto state = answer["state"].get<std::int64_t>();
  if (state != 0 && state != 1) return not_a_gpio(body);
  if (answer["id"].get<std::int64_t>() != id) return not_a_gpio(body);
  RteGpio gpio;
  gpio.id = id;
  gpio.state = static_cast<int>(state);
  gpio.is_output = answer["direction"] == "out";
  const auto description = answer.find("description");
  if (description != answer.end() && description->is_string()) gpio.description = description->get<std::string>();
  return gpio;
}

}  // namespace coldboot
