#pragma once

#include <filesystem>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// Something a DUT boots from whose content a configuration chooses: a recording in the replay board, later an
/// SD card behind a multiplexer or a firmware chip.
class BootMedium {
 public:
  virtual ~BootMedium() = default;

  /// Makes `image` what the DUT boots from next. Power is off when this is called.
  /// Faults: `mistake` (not an image of this kind), `missing`, `io`, `refused`.
  virtual Result<void> put(const std::filesystem::path& image, const Until& until) = 0;
};

}  // namespace coldboot
