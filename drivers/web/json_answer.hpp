#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "harness/core/result.hpp"

namespace coldboot {

// What drivers look for in an answer of JSON. Only .cpp files include this.

/// The value; a discarded one where the text is no JSON.
nlohmann::json json_of(std::string_view answer);

/// What stands under a key: nothing when `value` is no object, lacks it, or has another type there.
const nlohmann::json* object_in(const nlohmann::json& value, const char* key);
const nlohmann::json* array_in(const nlohmann::json& value, const char* key);
std::optional<bool> bool_in(const nlohmann::json& value, const char* key);
std::optional<std::int64_t> integer_in(const nlohmann::json& value, const char* key);
std::optional<std::string> text_in(const nlohmann::json& value, const char* key);

/// `protocol`, without a place: the answer, shortened, and what was expected.
Fault unexpected_answer(std::string_view answer, std::string_view expected);

}  // namespace coldboot
