#include "drivers/web/json_answer.hpp"

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

using nlohmann::json;

const json* value_in(const json& value, const char* key, bool (json::*is)() const noexcept) {
  const auto found = value.find(key);
  return found != value.end() && ((*found).*is)() ? &*found : nullptr;
}

}  // namespace

json json_of(std::string_view answer) {
  return json::parse(answer, nullptr, false);
}

const json* object_in(const json& value, const char* key) {
  return value_in(value, key, &json::is_object);
}

const json* array_in(const json& value, const char* key) {
  return value_in(value, key, &json::is_array);
}

std::optional<bool> bool_in(const json& value, const char* key) {
  const json* found = value_in(value, key, &json::is_boolean);
  return found == nullptr ? std::nullopt : std::optional(found->get<bool>());
}

std::optional<std::int64_t> integer_in(const json& value, const char* key) {
  const json* found = value_in(value, key, &json::is_number_integer);
  return found == nullptr ? std::nullopt : std::optional(found->get<std::int64_t>());
}

std::optional<std::string> text_in(const json& value, const char* key) {
  const json* found = value_in(value, key, &json::is_string);
  return found == nullptr ? std::nullopt : std::optional(found->get<std::string>());
}

Fault unexpected_answer(std::string_view answer, std::string_view expected) {
  return Fault(Cause::protocol, "", fmt::format("it answered \"{}\", expected {}", printable_line(answer), expected),
               "is it the kind of device the bench file says?");
}

}  // namespace coldboot
