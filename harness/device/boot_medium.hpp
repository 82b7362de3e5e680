#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// How far an image has come on its way to a medium, or in being compared with it.
struct MediumProgress {
  enum class Doing { writing, reading_back, comparing };

  Doing doing = Doing::writing;
  std::uint64_t done = 0;              ///< bytes of the medium
  std::optional<std::uint64_t> total;  ///< where it is known
  double bytes_per_second = 0;         ///< since this began
  std::optional<Nanos> left;           ///< at that pace
};

/// What an image was found to be, and what became of it.
struct MediumContent {
  std::string sha256;                       ///< of the image file as it lies on disk, packed or not
  std::uint64_t image_bytes = 0;            ///< unpacked
  std::uint64_t written_bytes = 0;          ///< the same, less what a block map leaves out; also what was compared
  std::string proof;                        ///< for people: how it was read back
  std::optional<std::uint64_t> differs_at;  ///< verify(): first byte where the medium is not the image
};

/// Something a DUT boots from whose content a configuration chooses: a recording in the replay board, an SD card behind
/// a multiplexer, a firmware chip.
class BootMedium {
 public:
  using Tell = std::function<void(const MediumProgress&)>;

  virtual ~BootMedium() = default;

  /// Makes `image` what the DUT boots from next. Power is off when this is called.
  /// Faults: `mistake` (not an image of this kind), `missing`, `io`, `refused`.
  virtual Result<void> put(const std::filesystem::path& image, const Until& until) = 0;

  /// put() by hand, for somebody who watches: `tell` is called now and then, on this thread. Faults: as put();
  /// `refused`, without a place, by a medium that is there during a run only.
  virtual Result<MediumContent> write(const std::filesystem::path& /*image*/, const Tell& /*tell*/,
                                      const Until& /*until*/) {
    return made_for_a_run();
  }

  /// Compares what is on the medium with an image; nothing is written. Power is off when this is called.
  /// Faults: as write().
  virtual Result<MediumContent> verify(const std::filesystem::path& /*image*/, const Tell& /*tell*/,
                                       const Until& /*until*/) {
    return made_for_a_run();
  }

  /// Whether it could be written now, as far as can be told without changing anything. Faults: as put().
  virtual Result<void> look() { return {}; }

 private:
  static Fault made_for_a_run() {
    return Fault(Cause::refused, "",
                 "this medium is made anew for each run and gone after it, as a virtual board's are",
                 "name the image in a scenario: boot: {sd: card.img}");
  }
};

}  // namespace coldboot
