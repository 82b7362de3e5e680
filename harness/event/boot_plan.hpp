#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"

namespace coldboot {

// A profile, compiled: what to look for in one boot. Plain values, so that a boot of last year can be
// measured with the plan of today. Names are those of the profile file.

/// Marker names every boot has without a profile saying so.
namespace builtin {
inline constexpr const char* power_on = "power-on";      ///< t0: the switching call returned
inline constexpr const char* first_byte = "first-byte";  ///< the first console byte after t0
inline constexpr const char* last_byte = "last-byte";
inline constexpr const char* shutdown_done = "shutdown-done";  ///< the shutdown plan's `done` was said
}  // namespace builtin

struct MarkerPlan {
  std::string name;
  std::string match;                  ///< PCRE2, within one line of console text; empty for a `sent` marker
  std::string sent;                   ///< instead: the instant we had typed this text
  std::string console;                ///< empty: the profile's main console
  std::string after;                  ///< counts only after the first hit of this marker
  std::optional<Nanos> twice_within;  ///< a second hit this soon is the same sign of life, not a new boot
  std::optional<Nanos> quiet;         ///< a prompt: counts when nothing follows for this long
  bool operator==(const MarkerPlan&) const = default;
};

struct SpanPlan {
  std::string name;
  std::string from;
  std::string to;
  std::string title;  ///< for people; empty: the name
  bool operator==(const SpanPlan&) const = default;
};

/// A sign that the DUT is in trouble. Exactly one of match, repeats, silent_for is set.
struct FailurePlan {
  std::string failure;              ///< class: panic, boot-loop, no-bootable-device, waits-for-human, ...
  std::string match;                ///< PCRE2, within one line
  std::string repeats;              ///< this marker again, later than its twice_within
  std::optional<Nanos> silent_for;  ///< no byte for this long
  std::string console;
  std::string after;   ///< only after this marker
  std::string before;  ///< only before this marker
  bool fatal = true;   ///< false: tags the boot (a dirty file system is slower, not dead)
  bool operator==(const FailurePlan&) const = default;
};

/// How a running system is brought down before power is cut.
struct ShutdownPlan {
  std::string at;  ///< marker after which it can be asked
  std::string send;
  std::string done;  ///< PCRE2: what it says when it is down
  Nanos within{};
  bool operator==(const ShutdownPlan&) const = default;
};

struct BootPlan {
  std::string profile;
  std::string console;              ///< name of the main console
  std::vector<MarkerPlan> markers;  ///< in file order
  std::vector<SpanPlan> spans;
  std::vector<FailurePlan> failures;
  std::optional<ShutdownPlan> shutdown;
  std::map<std::string, std::string> observe;  ///< attribute of the configuration table -> named capture
  bool operator==(const BootPlan&) const = default;
};

}  // namespace coldboot
