#include "drivers/netio/netio.hpp"

#include <fmt/format.h>

#include "drivers/web/json_answer.hpp"

namespace coldboot {
namespace {

constexpr const char* netio_path = "/netio.json";

}  // namespace

std::string netio_body(int channel, Contact wanted) {
  return fmt::format(R"({{"Outputs":[{{"ID":{},"Action":{}}}]}})", channel, wanted == Contact::closed ? 1 : 0);
}

Result<Contact> read_netio(std::string_view answer, int channel) {
  const nlohmann::json value = json_of(answer);
  const nlohmann::json* outputs = array_in(value, "Outputs");
  if (outputs == nullptr) return unexpected_answer(answer, "a list of Outputs");
  for (const nlohmann::json& output : *outputs) {
    if (integer_in(output, "ID") != channel) continue;
    const auto state = integer_in(output, "State");
    if (state == 1) return Contact::closed;
    if (state == 0) return Contact::open;
    return unexpected_answer(answer, fmt::format("the state 0 or 1 of output {}", channel));
  }
  return Fault(Cause::refused, "", fmt::format("it has no output {}", channel));
}

OutletLanguage netio_language() {
  return {.family = "NETIO power socket",
          .change =
              [](const WebDevice& device, int channel, Contact wanted) {
                HttpRequest request = device.request("POST", netio_path, netio_body(channel, wanted));
                request.headers = {"Content-Type: application/json"};
                return request;
              },
          .taken = [](std::string_view answer, int channel, Contact wanted) -> Result<void> {
            const auto state = read_netio(answer, channel);
            if (!state) return state.error();
            return *state == wanted ? Result<void>() : answered_otherwise(channel, wanted);
          },
          .question = [](const WebDevice& device, int) { return device.request("GET", netio_path); },
          .state = read_netio};
}

}  // namespace coldboot
