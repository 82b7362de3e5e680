#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "drivers/flashrom/flashrom_host.hpp"
#include "harness/device/flasher.hpp"

namespace coldboot {

/// What is known of a DUT's chip before anybody asks it.
struct ExpectedChip {
  std::string where;             ///< for faults: "apu2-07/flash"
  std::string name;              ///< its definition; empty: the only one that fits
  std::uint64_t size_bytes = 0;  ///< that the chip must have
  bool has_layout = false;       ///< somebody described its regions
};

/// A firmware chip behind the program flashrom (1.3), wherever that runs.
class Flashrom final : public Flasher {
 public:
  Flashrom(ExpectedChip chip, std::unique_ptr<FlashromHost> host);

  Result<void> look_ahead(const std::vector<std::string>& regions, const Until& until) override;
  Result<FlashChip> probe(const FlashRequest& request, const Until& until) override;
  Result<FlashReport> read(const std::filesystem::path& file, const FlashRequest& request, const Until& until) override;
  Result<FlashReport> write(const std::filesystem::path& image, const FlashRequest& request,
                            const Until& until) override;
  Result<FlashReport> verify(const std::filesystem::path& image, const FlashRequest& request,
                             const Until& until) override;
  Result<FlashReport> erase(const FlashRequest& request, const Until& until) override;
  [[nodiscard]] std::string description() const override;
  [[nodiscard]] bool from_inside() const override { return host_->side() == FlashromSide::inside; }

 private:
  [[nodiscard]] Result<void> check_regions(const std::vector<std::string>& regions) const;
  Result<FlashChip> find_chip(const FlashRequest& request, const Until& until);
  Result<FlashReport> probe_and(FlashromStep step, const FlashRequest& request, const Until& until);
  Result<void> read_into(const FlashromStep& step, const FlashRequest& request, const Until& until);
  [[nodiscard]] Fault with_what_answers(const Fault& fault, const Until& until);
  [[nodiscard]] Result<void> check_size(const std::filesystem::path& image) const;
  [[nodiscard]] Fault placed(const Fault& fault) const;

  ExpectedChip chip_;
  std::unique_ptr<FlashromHost> host_;
};

}  // namespace coldboot
