#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "harness/device/boot_medium.hpp"
#include "harness/media/disks.hpp"
#include "harness/media/image_target.hpp"

namespace coldboot {

struct ImageFileConfig {
  std::string where;  ///< bench path shown in faults: "virtual/disk"
  std::filesystem::path path;
  std::uint64_t bytes = 0;
};

/// A file, or a loop device, that a virtual board or an exported disk reads. A disk of the machine is refused: cards
/// are written through the multiplexer that proves which disk they are.
class ImageFile final : public BootMedium {
 public:
  ImageFile(ImageFileConfig config, const Clock& clock) : config_(std::move(config)), clock_(clock) {}

  /// Faults of all three: `refused` (no file and no loop device, or another size), `busy`, `missing`, `disk_full`, and
  /// those of write_image(). A file that is not there is made.
  Result<void> put(const std::filesystem::path& image, const Until& until) override;
  Result<MediumContent> write(const std::filesystem::path& image, const Tell& tell, const Until& until) override;
  Result<MediumContent> verify(const std::filesystem::path& image, const Tell& tell, const Until& until) override;
  Result<void> look() override;

 private:
  [[nodiscard]] Result<std::unique_ptr<ImageTarget>> open(DiskUse use) const;
  [[nodiscard]] Result<std::unique_ptr<ImageTarget>> open_loop(dev_t number, DiskUse use) const;
  [[nodiscard]] Result<std::unique_ptr<ImageTarget>> open_file(DiskUse use) const;
  [[nodiscard]] Fault seen_from_here(const Fault& fault) const;

  ImageFileConfig config_;
  const Clock& clock_;
};

}  // namespace coldboot
