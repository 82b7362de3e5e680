#include "harness/cli/telling.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

namespace coldboot {

void tell(const Fault& fault) {
  fmt::print(stderr, "coldboot: error: {}\n", fault.text());
}

void tell_warning(const Fault& fault) {
  fmt::print(stderr, "coldboot: warning: {}\n", fault.text());
}

void tell_note(const std::string& note) {
  fmt::print(stderr, "coldboot: {}\n", note);
}

void tell_all(const std::vector<Fault>& mistakes, const std::vector<Fault>& warnings) {
  for (const Fault& warning : warnings) tell_warning(warning);
  for (const Fault& mistake : mistakes) tell(mistake);
}

bool print(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (std::fflush(stdout) == 0 && written) return true;
  if (errno != EPIPE) tell(Fault(Cause::io, "standard output", std::strerror(errno)));
  return false;
}

}  // namespace coldboot
