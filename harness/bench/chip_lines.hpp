#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/bench/chip_interlock.hpp"

namespace coldboot {

/// The lines between a programmer and a firmware chip that are switched: supply, level, bus.
class ChipLines {
 public:
  /// `where` names them in faults: "apu2-07/flash".
  ChipLines(std::map<std::string, Channel> lines, const FlashEntry& entry, Clock& clock, std::string where);

  /// Makes the moves of `connect`. Whoever calls this has a Hold to show. Faults: those of the relays, `protocol` where
  /// a line reads back otherwise, `stopped`; some lines may be on then.
  Result<void> connect(const ChipInterlock::Hold& hold, const Until& until);

  /// Makes the moves of `disconnect`, and then sees to it that each line is off, whatever went wrong before. Faults:
  /// the first line that is not known to be off. A stop does not shorten it.
  Result<void> disconnect();

 private:
  Result<void> move(const ChipMove& move, const Until& until);
  Result<void> put(const std::string& name, bool on, const Until& until);

  std::map<std::string, Channel> lines_;
  std::vector<ChipMove> connect_;
  std::vector<ChipMove> disconnect_;
  Clock& clock_;
  const std::string where_;
};

}  // namespace coldboot
