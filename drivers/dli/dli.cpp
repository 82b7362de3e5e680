#include "drivers/dli/dli.hpp"

#include <fmt/format.h>

#include "drivers/web/json_answer.hpp"

namespace coldboot {
std::string dli_path(int channel) {
  return fmt::format("/restapi/relay/outlets/{}/state/", channel - 1);
}

Result<Contact> read_dli(std::string_view answer, int) {
  const nlohmann::json value = json_of(answer);
  if (!value.is_boolean()) return unexpected_answer(answer, "true or false");
  return value.get<bool>() ? Contact::closed : Contact::open;
}

OutletLanguage dli_language() {
  return {.family = "Digital Loggers power switch",
          .change =
              [](const WebDevice& device, int channel, Contact wanted) {
                const std::string body = wanted == Contact::closed ? "value=true" : "value=false";
                HttpRequest request = device.request("PUT", dli_path(channel), body);
                // Without X-CSRF every change is refused.
                request.headers = {"X-CSRF: x", "Content-Type: application/x-www-form-urlencoded"};
                return request;
              },
          .taken = [](std::string_view, int, Contact) -> Result<void> { return {}; },  // status 204 says it
          .question =
              [](const WebDevice& device, int channel) {
                HttpRequest request = device.request("GET", dli_path(channel));
                request.headers = {"Accept: application/json"};
                return request;
              },
          .state = read_dli};
}

}  // namespace coldboot
