#include "drivers/gude/gude.hpp"

#include <fmt/format.h>

#include "drivers/web/json_answer.hpp"

namespace coldboot {
std::string gude_path(int channel, Contact wanted) {
  return fmt::format("/status.json?components=0&cmd=1&p={}&s={}", channel, wanted == Contact::closed ? 1 : 0);
}

Result<Contact> read_gude(std::string_view answer, int channel) {
  const nlohmann::json value = json_of(answer);
  const nlohmann::json* outputs = array_in(value, "outputs");
  if (outputs == nullptr) return unexpected_answer(answer, "a list of outputs");
  if (static_cast<std::size_t>(channel) > outputs->size())
    return Fault(Cause::refused, "", fmt::format("it has no port {}, it has {}", channel, outputs->size()));
  const auto state = integer_in(outputs->at(static_cast<std::size_t>(channel) - 1), "state");
  if (state == 1) return Contact::closed;
  if (state == 0) return Contact::open;
  return unexpected_answer(answer, fmt::format("the state 0 or 1 of port {}", channel));
}

OutletLanguage gude_language() {
  return {.family = "Gude power switch",
          .change = [](const WebDevice& device, int channel,
                       Contact wanted) { return device.request("GET", gude_path(channel, wanted)); },
          .taken = [](std::string_view, int, Contact) -> Result<void> { return {}; },  // the answer says nothing
          .question = [](const WebDevice& device, int) { return device.request("GET", "/status.json?components=1"); },
          .state = read_gude};
}

}  // namespace coldboot
