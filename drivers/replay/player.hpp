#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/replay/recording.hpp"
#include "harness/event/event.hpp"

namespace coldboot {

/// The board itself: what it prints when, given power and what is typed. Pure; time is handed in.
class Player {
 public:
  /// Changes what plays at the next power-on.
  void insert(Recording recording);

  /// Off: silent at once. On: plays from the start; on while on changes nothing.
  void switch_power(Power wanted, Instant now);
  [[nodiscard]] Power power() const { return power_; }

  /// How coarse the times of the recording are.
  [[nodiscard]] Nanos resolution() const { return recording_.resolution; }

  /// Somebody typed on a console. A board without power takes nothing in.
  void type(std::string_view console, std::string_view bytes, Instant now);

  /// When it prints next; nothing when it is off, has said all, or waits to be typed at.
  [[nodiscard]] std::optional<Instant> next() const;

  /// Everything to be printed up to `now`, in order; each is handed out once.
  std::vector<Emission> take_due(Instant now);

 private:
  void enter_segment(std::size_t segment, Instant at);

  Recording recording_;
  Power power_ = Power::off;
  std::size_t segment_ = 0;
  std::string typed_;                         // since the current segment began
  std::multimap<Instant, Emission> planned_;  // what will be printed if nothing changes
};

}  // namespace coldboot
