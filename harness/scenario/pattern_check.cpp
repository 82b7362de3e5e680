#define PCRE2_CODE_UNIT_WIDTH 8
#include "harness/scenario/pattern_check.hpp"

#include <array>
#include <cstdint>
#include <memory>

#include <fmt/format.h>
#include <pcre2.h>

namespace coldboot {
namespace {

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
using Code = std::unique_ptr<pcre2_code, FreeCode>;

Result<Code> compile(std::string_view pattern) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), 0, &error, &offset, nullptr));
  if (code) return code;
  std::array<PCRE2_UCHAR, 200> message{};
  pcre2_get_error_message(error, message.data(), message.size());
  return Fault(Cause::mistake, "",
               fmt::format("found no regular expression: {} at character {}",
                           reinterpret_cast<const char*>(message.data()), offset + 1));
}

template <class T>
T info(const Code& code, std::uint32_t what) {
  T value{};
  pcre2_pattern_info(code.get(), what, &value);
  return value;
}

}  // namespace

Result<void> check_pattern(std::string_view pattern) {
  const Result<Code> code = compile(pattern);
  if (!code) return code.error();
  if (info<std::uint32_t>(*code, PCRE2_INFO_MATCHEMPTY) != 0) {
    return Fault(Cause::mistake, "",
                 "found a pattern that matches the empty text, expected one that needs at least a character",
                 "it would match everywhere");
  }
  return {};
}

std::vector<std::string> capture_names(std::string_view pattern) {
  std::vector<std::string> names;
  const Result<Code> code = compile(pattern);
  if (!code) return names;
  const auto count = info<std::uint32_t>(*code, PCRE2_INFO_NAMECOUNT);
  const auto width = info<std::uint32_t>(*code, PCRE2_INFO_NAMEENTRYSIZE);
  const auto* entry = reinterpret_cast<const char*>(info<PCRE2_SPTR>(*code, PCRE2_INFO_NAMETABLE));
  constexpr std::size_t group_bytes = 2;  // the number of the group stands before its name
  for (std::uint32_t i = 0; i < count; ++i) names.emplace_back(entry + i * width + group_bytes);
  return names;
}

}  // namespace coldboot
