#include "harness/run/typist.hpp"

namespace coldboot {

Typed Typist::type(const BenchConsole& console, std::string_view text, const Until& until) {
  const std::lock_guard lock(typing_);
  const std::uint64_t offset = capture_.begin_send(console.entry.name, text);
  Typed typed = type_text(*console.stream, log_, text, console.entry.key_delay, until);
  if (typed.bytes > 0) capture_.end_send(console.entry.name, text.substr(0, typed.bytes), offset, typed.at);
  return typed;
}

}  // namespace coldboot
