#include "harness/core/result.hpp"

#include <fmt/format.h>

namespace coldboot {

std::string_view name_of(Cause cause) {
  switch (cause) {
    case Cause::internal: return "internal";
    case Cause::mistake: return "mistake";
    case Cause::missing: return "missing";
    case Cause::busy: return "busy";
    case Cause::refused: return "refused";
    case Cause::io: return "io";
    case Cause::lost: return "lost";
    case Cause::protocol: return "protocol";
    case Cause::disk_full: return "disk-full";
    case Cause::timeout: return "timeout";
    case Cause::stopped: return "stopped";
    case Cause::dut: return "dut";
  }
  return "internal";
}

std::string Fault::text() const {
  std::string text = where_.empty() ? what_ : fmt::format("{}: {}", where_, what_);
  if (!hint_.empty()) text += fmt::format(" ({})", hint_);
  return text;
}

Fault Fault::within(std::string_view outer) const {
  return Fault(cause_, where_, fmt::format("{}: {}", outer, what_), hint_);
}

}  // namespace coldboot
