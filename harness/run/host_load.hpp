#pragma once

#include <optional>
#include <string_view>

#include "harness/core/clock.hpp"
#include "harness/event/event.hpp"

namespace coldboot {

/// What the processors of this machine have done since it was started.
struct ProcessorTimes {
  Nanos all{};  ///< of all processors together
  Nanos busy{};
  Nanos stolen{};               ///< by other machines on the same hardware
  std::optional<Nanos> waited;  ///< in which something could have run and had no processor
};

/// From the texts of /proc/stat and /proc/pressure/cpu; the second may be empty. Nothing where the first is no such
/// text. Source: proc_stat(5), the kernel's documentation of pressure stall information.
std::optional<ProcessorTimes> parse_processor_times(std::string_view stat, std::string_view pressure,
                                                    long ticks_a_second);

/// How busy this machine is from now on: what a late stamp, or a slow boot of an emulated board, may come from.
class HostLoadWatch {
 public:
  HostLoadWatch();
  /// Since it was made; nothing where the system does not say.
  [[nodiscard]] std::optional<HostLoad> load() const;

 private:
  std::optional<ProcessorTimes> start_;
};

}  // namespace coldboot
