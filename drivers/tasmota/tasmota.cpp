#include "drivers/tasmota/tasmota.hpp"

#include <fmt/format.h>

#include "drivers/web/json_answer.hpp"
#include "harness/core/text.hpp"

namespace coldboot {
namespace {

/// Why there is no state in an answer.
Fault no_state(const nlohmann::json& answer, std::string_view text, int channel) {
  if (const auto warning = text_in(answer, "WARNING")) {  // with status 200 before firmware 8.2.3
    return Fault(Cause::refused, "", fmt::format("it wants a login: \"{}\"", printable_line(*warning)),
                 "check user and password");
  }
  if (answer.is_object() && answer.contains("Command")) {
    return Fault(Cause::refused, "",
                 fmt::format("it has no relay {}: it answered \"{}\"", channel, printable_line(text)));
  }
  return unexpected_answer(text, fmt::format(R"({{"POWER{}":"ON"}} or "OFF")", channel));
}

HttpRequest tasmota_request(const WebDevice& device, int channel, std::optional<Contact> wanted) {
  return device.request("GET", tasmota_path(channel, wanted, device.user(), device.password()));
}

}  // namespace

std::string tasmota_path(int channel, std::optional<Contact> wanted, const std::string& user,
                         const std::string& password) {
  std::string path = "/cm?";
  if (!password.empty()) path += fmt::format("user={}&password={}&", url_escaped(user), url_escaped(password));
  path += fmt::format("cmnd=Power{}", channel);
  if (wanted) path += *wanted == Contact::closed ? "%20On" : "%20Off";
  return path;
}

Result<Contact> read_tasmota(std::string_view answer, int channel) {
  const nlohmann::json value = json_of(answer);
  auto state = text_in(value, fmt::format("POWER{}", channel).c_str());
  if (!state && channel == 1) state = text_in(value, "POWER");
  if (state == "ON") return Contact::closed;
  if (state == "OFF") return Contact::open;
  return no_state(value, answer, channel);
}

OutletLanguage tasmota_language() {
  return {
      .family = "Tasmota outlet",
      .change = [](const WebDevice& device, int channel,
                   Contact wanted) { return tasmota_request(device, channel, wanted); },
      .taken = [](std::string_view answer, int channel, Contact wanted) -> Result<void> {
        const auto state = read_tasmota(answer, channel);
        if (!state) return state.error();
        return *state == wanted ? Result<void>() : answered_otherwise(channel, wanted);
      },
      .question = [](const WebDevice& device, int channel) { return tasmota_request(device, channel, std::nullopt); },
      .state = read_tasmota};
}

}  // namespace coldboot
