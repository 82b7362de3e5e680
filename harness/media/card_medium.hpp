#pragma once

#include <functional>
#include <memory>
#include <string>

#include "harness/core/clock.hpp"
#include "harness/device/boot_medium.hpp"
#include "harness/device/media_switch.hpp"
#include "harness/media/disks.hpp"
#include "harness/media/image_source.hpp"
#include "harness/media/image_target.hpp"

namespace coldboot {

/// The name of a multiplexer among the locks of this host, by its driver and its id or port.
std::string card_lock(const std::string& driver, std::string id);

struct CardMediumConfig {
  std::string where;        ///< bench path shown in faults: "apu2-07/sd"
  std::string lock;         ///< see card_lock()
  std::uint64_t bytes = 0;  ///< size of the card; a disk of another size is not it
  Disks disks{};
  /// How a disk is opened once it was found to be the card; left alone but in tests.
  std::function<Result<std::unique_ptr<ImageTarget>>(const Disk& disk, DiskUse use)> open = &open_target;

  static Result<std::unique_ptr<ImageTarget>> open_target(const Disk& disk, DiskUse use);
};

/// A card behind a multiplexer. To be written it is switched to the host, and only the disk that appears at the
/// multiplexer's own reader, with the size the bench says and in nobody's use, is touched. It goes to the DUT once it
/// holds the image. A card that was not written to goes back to where it was; one that was written to half-way stays
/// with the host, where no DUT boots from it. A fault says which.
class CardMedium final : public BootMedium {
 public:
  CardMedium(std::unique_ptr<MediaSwitch> media_switch, CardMediumConfig config, Clock& clock)
      : switch_(std::move(media_switch)), config_(std::move(config)), clock_(clock) {}

  Result<void> put(const std::filesystem::path& image, const Until& until) override;
  Result<MediumContent> write(const std::filesystem::path& image, const Tell& tell, const Until& until) override;
  Result<MediumContent> verify(const std::filesystem::path& image, const Tell& tell, const Until& until) override;

 private:
  using Work = std::function<Result<MediumContent>(ImageTarget& card)>;
  [[nodiscard]] Result<Image> fitting_image(const std::filesystem::path& file) const;
  Result<MediumContent> with_card_here(DiskUse use, const Work& work, const Until& until);
  Result<MediumContent> work_on_card(DiskUse use, const Work& work, const Until& until, bool& is_torn);
  Result<Disk> wait_for_card(const Until& until);
  Result<void> give(CardSide to);
  [[nodiscard]] Fault seen_from_here(const Fault& fault) const;

  std::unique_ptr<MediaSwitch> switch_;
  CardMediumConfig config_;
  Clock& clock_;
};

}  // namespace coldboot
