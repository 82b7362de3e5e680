#pragma once

#include "harness/core/clock.hpp"
#include "harness/device/boot_medium.hpp"
#include "harness/media/image_source.hpp"
#include "harness/media/image_target.hpp"

namespace coldboot {

/// Whether an image may fit `room` bytes of a medium, as far as its head or its map says how large it is unpacked.
/// Fault: `mistake`.
Result<void> check_fits(const Image& image, std::uint64_t room, const std::string& medium);

/// Writes an image, has the medium confirm it, reads it back from there and compares. With a block map only what it
/// maps is written, and the map's hashes are checked on the way.
///
/// Faults: `mistake` (too large for the target, truncated, corrupt, not what its block map says), `disk_full`, `lost`
/// and `io` of the target, `protocol` (it reads back otherwise), `stopped` and `timeout` between two blocks. Each says
/// whether anything was written: what is on the target is undefined then.
Result<MediumContent> write_image(const Image& image, ImageTarget& target, const Clock& clock,
                                  const BootMedium::Tell& tell, const Until& until);

/// Compares a target with an image, up to the first byte that differs. Faults as write_image().
Result<MediumContent> compare_image(const Image& image, ImageTarget& target, const Clock& clock,
                                    const BootMedium::Tell& tell, const Until& until);

}  // namespace coldboot
