#include "drivers/shelly/shelly.hpp"

#include <cctype>

#include <fmt/format.h>

#include "drivers/web/json_answer.hpp"
#include "harness/core/text.hpp"

namespace coldboot {
namespace {

using nlohmann::json;

constexpr int change_id = 1;
constexpr int question_id = 2;
constexpr std::size_t mac_digits = 12;

std::string relay_path(int channel) {
  return fmt::format("/relay/{}", channel - 1);
}

HttpRequest call(const WebDevice& device, std::string body) {
  HttpRequest request = device.request("POST", "/rpc", std::move(body));
  request.headers = {"Content-Type: application/json"};
  return request;
}

/// The result of the call with that id.
Result<json> result_of(std::string_view answer, int id) {
  const json value = json_of(answer);
  if (const json* error = object_in(value, "error")) {
    return Fault(Cause::refused, "",
                 fmt::format("it refused: \"{}\"", printable_line(text_in(*error, "message").value_or("no message"))));
  }
  const json* result = object_in(value, "result");
  if (result == nullptr || integer_in(value, "id") != id)
    return unexpected_answer(answer, fmt::format("the result of call {}", id));
  return *result;
}

OutletLanguage relay_language() {
  return {.family = "Shelly, generation 1",
          .change =
              [](const WebDevice& device, int channel, Contact wanted) {
                return device.request("GET",
                                      relay_path(channel) + (wanted == Contact::closed ? "?turn=on" : "?turn=off"));
              },
          .taken = [](std::string_view answer, int channel, Contact wanted) -> Result<void> {
            const auto state = read_shelly_relay(answer, channel);
            if (!state) return state.error();
            return *state == wanted ? Result<void>() : answered_otherwise(channel, wanted);
          },
          .question = [](const WebDevice& device, int channel) { return device.request("GET", relay_path(channel)); },
          .state = read_shelly_relay};
}

OutletLanguage switch_language() {
  return {.family = "Shelly",
          .change = [](const WebDevice& device, int channel,
                       Contact wanted) { return call(device, shelly_change(channel, wanted)); },
          .taken = [](std::string_view answer, int, Contact) { return read_shelly_change(answer); },
          .question = [](const WebDevice& device, int channel) { return call(device, shelly_question(channel)); },
          .state = read_shelly_status};
}

}  // namespace

Result<ShellyDevice> read_shelly(std::string_view answer) {
  const json value = json_of(answer);
  const auto mac = plain_mac(text_in(value, "mac").value_or(""));
  const auto generation = integer_in(value, "gen");
  if (!mac || (!generation && !text_in(value, "type")) || generation.value_or(1) < 1)
    return unexpected_answer(answer, "what a Shelly says of itself");
  return ShellyDevice{.generation = generation.value_or(1) > 1 ? 2 : 1, .mac = *mac};
}

std::optional<std::string> plain_mac(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c == ':' || c == '-') continue;
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return std::nullopt;
    plain += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return plain.size() == mac_digits ? std::optional(plain) : std::nullopt;
}

Result<Contact> read_shelly_relay(std::string_view answer, int) {
  const auto on = bool_in(json_of(answer), "ison");
  if (!on) return unexpected_answer(answer, "ison: true or false");
  return *on ? Contact::closed : Contact::open;
}

std::string shelly_change(int channel, Contact wanted) {
  return fmt::format(R"({{"id":{},"method":"Switch.Set","params":{{"id":{},"on":{}}}}})", change_id, channel - 1,
                     wanted == Contact::closed);
}

std::string shelly_question(int channel) {
  return fmt::format(R"({{"id":{},"method":"Switch.GetStatus","params":{{"id":{}}}}})", question_id, channel - 1);
}

Result<void> read_shelly_change(std::string_view answer) {
  const auto result = result_of(answer, change_id);
  if (!result) return result.error();
  if (!bool_in(*result, "was_on")) return unexpected_answer(answer, "what the output was before");
  return {};
}

Result<Contact> read_shelly_status(std::string_view answer, int channel) {
  const auto result = result_of(answer, question_id);
  if (!result) return result.error();
  const auto on = bool_in(*result, "output");
  if (!on || integer_in(*result, "id") != channel - 1)
    return unexpected_answer(answer, fmt::format("the output of switch {}", channel - 1));
  return *on ? Contact::closed : Contact::open;
}

OutletLanguage shelly_language(int generation) {
  return generation == 1 ? relay_language() : switch_language();
}

}  // namespace coldboot
